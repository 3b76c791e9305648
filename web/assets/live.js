// Live values and keys. Every page works without this file: it only keeps what is shown current, and
// never moves what somebody is reading.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // every word comes from the page
  const speech = JSON.parse(document.body.dataset.words ?? "null");
  if (!speech) return; // a page that says but one thing

  // --- times: "2 minutes ago" stays true
  const unit = (count, index) => `${count} ${speech.units[index]}${count === 1 ? "" : "s"}`;
  const ago = (seconds) => {
    const past = seconds >= 0;
    const s = Math.abs(seconds);
    if (past && s < 5) return speech.now;
    const text = s < 60 ? unit(Math.floor(s), 0) : s < 3600 ? unit(Math.floor(s / 60), 1)
      : s < 86400 ? unit(Math.floor(s / 3600), 2) : unit(Math.floor(s / 86400), 3);
    return past ? `${text} ${speech.ago}` : `${speech.in} ${text}`;
  };
  const tick = (root = document) => {
    for (const span of all("[data-ago]", root)) {
      if (!span.parentElement.dateTime) continue;
      const text = ago((Date.now() - Date.parse(span.parentElement.dateTime)) / 1000);
      if (span.textContent !== text) span.textContent = text;
    }
  };
  setInterval(() => tick(), 10000);

  // --- on a phone the menu is a bar that may be wider than the screen
  const rail = $(".rail"), here = $(".rail a[aria-current]");
  const center = () => { rail.scrollLeft = here.offsetLeft - (rail.clientWidth - here.offsetWidth) / 2; };
  if (here) { center(); window.addEventListener("resize", center); }

  // --- parts of the page are fetched anew; what is being used is left alone
  let fetching = false, again = false, late = false;
  const refresh = async (gently = false) => {
    if (fetching) { again ||= !gently; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
      if (answer.redirected && new URL(answer.url).pathname === "/login") { location.reload(); return; }
      if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"), gently);
    } catch { /* the line is cut: what is shown stays */ }
    fetching = false;
    if (again) { again = false; refresh(); }
  };
  // what asks before it does something says what was seen: it stays until it is closed
  const asks = (root) => $("details.careful[open]", root);
  document.addEventListener("toggle", (event) => {
    if (!late || event.target.open || !event.target.matches("details.careful")) return;
    late = false;
    refresh();
  }, true);
  // gently: what is marked waits for the next time
  const marked = (root) => !getSelection().isCollapsed && root.contains(getSelection().anchorNode);
  // what can be opened, by what it is about and its place there
  const openings = (root) => {
    const met = {};
    return all("details", root).map((it) => {
      const name = `${it.closest("[data-id]")?.dataset.id ?? ""} ${$("summary", it).textContent}`;
      met[name] = (met[name] ?? 0) + 1;
      return { it, key: `${name} ${met[name]}` };
    });
  };
  const put = (fresh, gently) => {
    tick();
    tick(fresh);
    for (const old of all("[data-refresh]")) {
      const now = $(`[data-refresh="${CSS.escape(old.dataset.refresh)}"]`, fresh);
      if (!now) continue;
      if (asks(old)) { late = true; continue; }
      if (gently && marked(old)) continue;
      if (old.dataset.list !== undefined) { announce(old, now); continue; }
      // the line moves the bar of a run further than the page that was fetched knows
      for (const card of all(".run[data-live]", now)) {
        const same = $(`.run[data-run="${CSS.escape(card.dataset.run)}"][data-live]`, old);
        if (same) card.replaceWith(same.cloneNode(true));
      }
      if (old.isEqualNode(now)) continue;
      if (moves(old, now) && (old.matches(":hover") || old.contains(document.activeElement))) { announce(old, now); continue; }
      const open = new Set(openings(old).filter(({ it }) => it.open).map(({ key }) => key));
      const focus = old.contains(document.activeElement) ? keyOf(document.activeElement) : null;
      const place = focus && targets(old, focus).indexOf(document.activeElement);
      old.replaceWith(now);
      for (const { it, key } of openings(now)) if (open.has(key)) it.open = true;
      if (focus) (targets(now, focus)[place] || targets(now, focus)[0] || $("#main")).focus({ preventScroll: true });
    }
    const link = $('.rail a[href="/held"]'), held = $('.rail a[href="/held"]', fresh);
    if (link && held && link.innerHTML !== held.innerHTML) link.replaceChildren(...held.childNodes);
  };
  // whether what somebody looks at would stand elsewhere afterwards
  const ids = (root) => all("[data-id]", root).map((it) => it.dataset.id);
  const moves = (old, now) => {
    const before = ids(old), after = ids(now);
    return before.some((id, index) => after[index] !== id);
  };
  const targets = (root, key) => all("a, button, input, summary", root).filter((it) => keyOf(it) === key);
  const keyOf = (node) => `${node.tagName} ${node.getAttribute("href") ?? ""} ${node.textContent} ${node.form?.textContent ?? ""}`;

  // what is new announces itself, it does not push away what is being read
  const announce = (old, now) => {
    const known = new Set(ids(old));
    const places = all("[data-id]", now);
    const news = places.filter((it) => !known.has(it.dataset.id)).length;
    for (const place of places) {
      const same = $(`[data-id="${CSS.escape(place.dataset.id)}"]`, old);
      if (same && !same.contains(document.activeElement) && !same.isEqualNode(place)) {
        place.classList.toggle("picked", same.classList.contains("picked"));
        same.replaceWith(place);
      }
    }
    if (!news) return;
    let note = $(".newer", old);
    if (!note) {
      note = document.createElement("p");
      note.className = "newer";
      note.setAttribute("role", "status");
      old.prepend(note);
    }
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = `${news} ${speech.newer}`;
    note.replaceChildren(link);
  };
  // the next fifty join the list; without this script they are a page of their own
  document.addEventListener("click", async (event) => {
    const more = event.target.closest("a[data-more]");
    const list = more && more.closest("[data-refresh]");
    if (!list || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    more.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(more.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) { location.href = more.href; return; }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const known = new Set(ids(list));
      const rows = all("tr[data-id]", $(`[data-refresh="${CSS.escape(list.dataset.refresh)}"]`, fresh)).filter((row) => !known.has(row.dataset.id));
      all("tbody", list).pop().append(...rows);
      const next = $("a[data-more]", fresh);
      if (next) { more.href = next.href; more.removeAttribute("aria-busy"); } else more.remove();
      if (rows.length) $("a", rows[0])?.focus({ preventScroll: true });
    } catch { location.href = more.href; }
  });

  // --- runs
  const told = new Map(); // when a card's words were last fetched
  const move = (section, run) => {
    const bar = $("progress.wide", section), text = $("[data-f=percentage]", section);
    if (bar) bar.value = run.percentage;
    if (text) text.textContent = `${run.percentage} %`;
    all(".streams progress", section).forEach((it, index) => {
      if (run.syncs[index]) it.value = run.syncs[index].percentage ?? 0;
    });
  };
  const words = async (section, run) => {
    const last = told.get(run.batch_id) ?? 0;
    if (Date.now() - last < 1000) return;
    told.set(run.batch_id, Date.now());
    try {
      const answer = await fetch(`/runs/${run.batch_id}/live?back=${section.dataset.back}`, { credentials: "same-origin" });
      if (!answer.ok || !section.isConnected) return;
      const fresh = document.createElement("div");
      fresh.innerHTML = await answer.text();
      for (const name of [".now", ".streams"]) {
        const from = $(name, fresh), to = $(name, section);
        if (from && to) to.replaceWith(from);
      }
    } catch { /* the next event tries again */ }
  };
  const atRest = (status) => !["queued", "running"].includes(status);
  // figures move with a run: each five seconds, while one is under way
  const live = new Set();
  setInterval(() => { if (!document.hidden && (live.size || $(".run[data-live]"))) refresh(true); }, 5000);
  let spoken = 0;
  const say = (run) => { // for those who listen: not more often than each five seconds
    const voice = $("#voice");
    if (!voice || (Date.now() - spoken < 5000 && !atRest(run.status))) return;
    spoken = Date.now();
    voice.textContent = atRest(run.status) ? `${speech.run} ${run.status}` : `${run.percentage} ${speech.percent}`;
  };
  const states = new Map();
  const heard = (event) => {
    const run = JSON.parse(event.data);
    const before = states.get(run.batch_id), state = `${run.status} ${run.completed_at}`;
    states.set(run.batch_id, state);
    if (atRest(run.status)) live.delete(run.batch_id); else live.add(run.batch_id);
    if (event.lastEventId) since = event.lastEventId;
    const section = $(`.run[data-run="${CSS.escape(run.batch_id)}"][data-live]`);
    say(run);
    if (section) move(section, run);
    if (section && !atRest(run.status)) words(section, run);
    else if (before !== state) refresh();
  };
  // what changed between the making of the page and the opening of the line is told, too
  let since = document.body.dataset.since;
  const lost = $("#lost");
  let events = null, cut = null, later = null;
  const hangUp = () => {
    events?.close();
    events = null;
    clearTimeout(cut);
    clearTimeout(later);
    cut = later = null;
  };
  const line = () => {
    hangUp();
    events = new EventSource(`/api/sync/progress?since=${since}`);
    events.addEventListener("run", heard);
    events.addEventListener("journal", (event) => { since = event.lastEventId; refresh(); });
    events.onopen = () => {
      clearTimeout(cut);
      cut = null;
      if (!lost.hidden) { lost.hidden = true; refresh(); }
    };
    events.onerror = (event) => {
      if (event.data !== undefined) return; // a stream's own `error` is no cut line
      cut ??= setTimeout(() => {
        const since = $("[data-cut]", lost), at = new Date(Date.now() - 3000);
        if (lost.hidden && since) { since.dateTime = at.toISOString(); since.title = at.toLocaleString(); }
        lost.hidden = false;
        tick();
      }, 3000);
      if (event.target.readyState === EventSource.CLOSED) later = setTimeout(line, 5000);
    };
  };
  // a browser opens six lines to an address at most, over all its tabs: who is not looked at holds none
  const catchUp = () => { refresh(); line(); };
  if (lost) {
    if (!document.hidden) line();
    document.addEventListener("visibilitychange", () => (document.hidden ? hangUp() : catchUp()));
    window.addEventListener("pagehide", hangUp);
    window.addEventListener("pageshow", (event) => { if (event.persisted && !document.hidden) catchUp(); });
  }

  // --- buttons: pressed once
  document.addEventListener("submit", (event) => {
    const button = $("button[type=submit]", event.target);
    if (button && event.target.method === "post") setTimeout(() => {
      button.disabled = true;
      if (button.dataset.busy) { button.dataset.label = button.textContent; button.textContent = button.dataset.busy; }
    }, 0);
  });
  window.addEventListener("pageshow", () => all("button[disabled]").forEach((it) => {
    it.disabled = false;
    if (it.dataset.label) it.textContent = it.dataset.label;
  }));
  for (const button of all("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // --- keys
  const pages = { v: "/", o: "/orders", h: "/held", r: "/runs", m: "/mapping", c: "/reconcile", p: "/plan", n: "/connections" };
  let going = 0;
  const pick = (step) => {
    const rows = all("table.list tbody tr").filter((row) => $("a", row));
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("picked"));
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    rows[at]?.classList.remove("picked");
    next.classList.add("picked");
    $("a", next).focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, textarea, select");
    if (event.key === "Escape") {
      if (typing) event.target.blur();
      else for (const it of all("details.careful[open], details.keys[open]")) it.open = false;
      return;
    }
    if (typing) return;
    if (Date.now() - going < 1500 && pages[event.key]) { going = 0; location.href = pages[event.key]; return; }
    if (event.key === "g") { going = Date.now(); return; }
    if (event.key === "/") {
      event.preventDefault();
      const search = $("input[type=search]");
      if (search) search.focus(); else location.href = "/orders";
    } else if (event.key === "?") {
      const keys = $("details.keys");
      if (keys) keys.open = !keys.open;
    } else if (event.key === "j") pick(1);
    else if (event.key === "k") pick(-1);
  });
  // the whole row is a target, its text stays selectable
  document.addEventListener("click", (event) => {
    const row = event.target.closest("table.list tbody tr");
    const link = row && $("a.row", row);
    if (!link || event.target.closest("a, button, summary") || String(getSelection())) return;
    link.click();
  });
})();
