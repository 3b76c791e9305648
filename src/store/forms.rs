//! How forms of documents come out in a company (`forms`): what the canary learned is kept.

use std::collections::HashMap;

use super::sql::Columns;
use super::{Store, StoreError};
use crate::domain::{FORGIVEN_AFTER, FormTrust, Realm};

const ALL: &str = "SELECT form, right_since, wrong, example FROM forms WHERE realm = $1";
const RIGHT: &str = "INSERT INTO forms (realm, form, right_since, wrong, example, updated_at) \
     VALUES ($1, $2, $3, 0, NULL, $4) ON CONFLICT (realm, form) DO UPDATE SET \
     right_since = forms.right_since + excluded.right_since, updated_at = excluded.updated_at \
     RETURNING form, right_since, wrong, example";
const WRONG: &str = "INSERT INTO forms (realm, form, right_since, wrong, example, updated_at) \
     VALUES ($1, $2, 0, 1, $3, $4) ON CONFLICT (realm, form) DO UPDATE SET \
     wrong = CASE WHEN forms.right_since >= $5 THEN 1 ELSE forms.wrong + 1 END, \
     right_since = 0, example = excluded.example, updated_at = excluded.updated_at \
     RETURNING form, right_since, wrong, example";
const FORGIVE: &str =
    "UPDATE forms SET right_since = 0, wrong = 0, updated_at = $2 WHERE realm = $1 AND wrong > 0";

impl Store {
    /// What is known of each form in a company.
    pub async fn forms(&self, realm: &Realm) -> Result<HashMap<String, FormTrust>, StoreError> {
        let rows = sqlx::query(ALL)
            .bind(realm.as_str())
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(|row| read(&mut Columns::of(row))).collect()
    }

    /// So many more documents of a form came out as predicted. Gives what is known now.
    pub async fn form_came_out_right(
        &self,
        realm: &Realm,
        form: &str,
        count: i64,
    ) -> Result<FormTrust, StoreError> {
        let mut connection = self.writer.acquire().await?;
        let row = sqlx::query(RIGHT)
            .bind(realm.as_str())
            .bind(form)
            .bind(count)
            .bind(self.now())
            .fetch_one(&mut *connection)
            .await?;
        Ok(read(&mut Columns::of(&row))?.1)
    }

    /// A document of a form came out with other amounts; `example` names it and both figures. Gives
    /// what is known now.
    pub async fn form_came_out_wrong(
        &self,
        realm: &Realm,
        form: &str,
        example: &str,
    ) -> Result<FormTrust, StoreError> {
        let mut connection = self.writer.acquire().await?;
        let row = sqlx::query(WRONG)
            .bind(realm.as_str())
            .bind(form)
            .bind(example)
            .bind(self.now())
            .bind(FORGIVEN_AFTER)
            .fetch_one(&mut *connection)
            .await?;
        Ok(read(&mut Columns::of(&row))?.1)
    }

    /// Forgets the mismatches of all forms of a company: the next document of each goes alone again. For
    /// when a person has mended the cause and retries.
    pub async fn forgive_forms(&self, realm: &Realm) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await?;
        sqlx::query(FORGIVE)
            .bind(realm.as_str())
            .bind(self.now())
            .execute(&mut *connection)
            .await?;
        Ok(())
    }
}

/// Four columns: form, right, wrong, example.
fn read(columns: &mut Columns<'_>) -> Result<(String, FormTrust), StoreError> {
    let form = columns.text()?;
    let trust = FormTrust {
        right: columns.number()?,
        wrong: columns.number()?,
        example: columns.maybe_text()?,
    };
    Ok((form, trust))
}
