# What tests and screenshots need, installed when it is missing. To be sourced, in the repository's folder.

axe_version=4.14.1

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo -n "$@"; else
    echo "please install as root: $*" >&2; exit 1
  fi
}

install() {
  command -v apt-get >/dev/null || { echo "please install, this machine has no apt-get to do it with: $*" >&2; exit 1; }
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
}

# The browser and its driver; `DAYBOOK_TEST_CHROMIUM` and `DAYBOOK_TEST_CHROMEDRIVER` name others.
want_browser() {
  if [ -z "${DAYBOOK_TEST_CHROMIUM:-}" ]; then
    command -v chromium >/dev/null || install chromium fonts-dejavu-core # without any font it shows nothing
    DAYBOOK_TEST_CHROMIUM=$(command -v chromium)
  fi
  if [ -z "${DAYBOOK_TEST_CHROMEDRIVER:-}" ]; then
    command -v chromedriver >/dev/null || install chromium-driver
    DAYBOOK_TEST_CHROMEDRIVER=$(command -v chromedriver)
  fi
  export DAYBOOK_TEST_CHROMIUM DAYBOOK_TEST_CHROMEDRIVER
}

# The engine that judges accessibility: fetched once from the package registry that npm is set to,
# kept under target, never committed.
want_axe() {
  local folder=target/axe-core/$axe_version
  if [ ! -e "$folder/axe.min.js" ]; then
    command -v npm >/dev/null || install npm
    rm -rf "$folder" "$folder.new"
    mkdir -p "$folder.new"
    local packed
    packed=$(npm pack "axe-core@$axe_version" --silent --pack-destination "$folder.new") ||
      { echo "axe-core $axe_version cannot be fetched with npm: look at its registry setting" >&2; exit 1; }
    tar -xzf "$folder.new/$packed" -C "$folder.new" --strip-components 1 package/axe.min.js package/LICENSE
    rm "$folder.new/$packed"
    mv "$folder.new" "$folder" # whole or not at all
  fi
  DAYBOOK_TEST_AXE=$PWD/$folder/axe.min.js
  export DAYBOOK_TEST_AXE
}
