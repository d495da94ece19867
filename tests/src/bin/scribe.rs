//! A program that does what the agent and the endpoint do with a disk, for the shim's own tests:
//! rows in SQLite with `synchronous=FULL`, and files that are synced and then renamed.
//!
//! `scribe FOLDER ROWS` goes on where an earlier run ended.

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let rows: i64 = arguments.next().and_then(|n| n.to_str()?.parse().ok()).ok_or("how many?")?;
    let folder = Path::new(&folder);
    let store = rusqlite::Connection::open(folder.join("store.db"))?;
    store.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE IF NOT EXISTS line (seq INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;",
    )?;
    let known: i64 = store.query_row("SELECT count(*) FROM line", [], |row| row.get(0))?;
    for seq in known + 1..=rows {
        write_durably(folder, seq)?;
        store.execute("INSERT INTO line VALUES (?1, ?2)", (seq, "x".repeat(500)))?;
    }
    Ok(())
}

fn write_durably(folder: &Path, seq: i64) -> std::io::Result<()> {
    let apart = folder.join("apart");
    let mut file = File::create(&apart)?;
    file.write_all(seq.to_string().repeat(100).as_bytes())?;
    file.sync_all()?;
    std::fs::rename(apart, folder.join(format!("{seq}.txt")))?;
    File::open(folder)?.sync_all()
}
