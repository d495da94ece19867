//! What a restart finds: everything that was receipted, and nothing else.

use std::fs;
use std::path::PathBuf;

use super::fixture::{Batch, Phone, Tenant, epoch, files, holds, tenant_id};
use crate::{Collector, Config, Console, StartError, StoreError};

fn place(tenant: &Tenant, phone: &Phone, name: &str) -> PathBuf {
    let device = tenant.data().join("batches").join(phone.device().to_string());
    device.join(epoch(1).to_string()).join(name)
}

fn store_error(tenant: &Tenant, config: Config) -> StoreError {
    match Collector::start(config, tenant.clock()).err().unwrap() {
        StartError::Store(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn devices_ledgers_and_receipts_survive_a_restart() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let first = Batch::first(&tenant, &phone, epoch(1));
    let receipt = client.upload(&phone, &first);
    let before = running.console().devices().unwrap();
    running.stop();

    let running = tenant.start();
    let client = tenant.client(&running);
    assert_eq!(running.console().devices().unwrap(), before);
    assert_eq!(client.upload(&phone, &first).body, receipt.body);
    assert_eq!(client.upload(&phone, &first.next(&tenant, &phone)).status, 200);
}

/// Takes a filed batch back to where a crash right after the ledger was written leaves it.
fn unfile(tenant: &Tenant, phone: &Phone, batch: &Batch) {
    let name = |ending: &str| format!("000000000001-000000000003.{ending}");
    let incoming = format!("{}-{}-{}", phone.device(), batch.manifest.epoch, name("age"));
    let incoming = tenant.data().join("incoming").join(incoming);
    fs::rename(place(tenant, phone, &name("age")), incoming).unwrap();
    fs::remove_file(place(tenant, phone, &name("receipt.json"))).unwrap();
    fs::write(place(tenant, phone, &name("manifest.json")), b"{").unwrap();
}

#[test]
fn a_batch_that_was_receipted_but_not_filed_is_filed_at_the_start() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let batch = Batch::first(&tenant, &phone, epoch(1));
    let receipt = client.upload(&phone, &batch);
    running.stop();
    let whole = content(&tenant);
    unfile(&tenant, &phone, &batch);
    assert_ne!(content(&tenant), whole);
    let running = tenant.start();
    assert_eq!(content(&tenant), whole);
    assert_eq!(tenant.client(&running).upload(&phone, &batch).body, receipt.body);
    assert!(files(&tenant.data().join("incoming")).is_empty());
}

#[test]
fn a_batch_that_was_receipted_but_not_filed_is_filed_when_it_comes_again() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let batch = Batch::first(&tenant, &phone, epoch(1));
    let receipt = client.upload(&phone, &batch);
    let whole = content(&tenant);
    unfile(&tenant, &phone, &batch);
    assert_eq!(client.upload(&phone, &batch).body, receipt.body);
    assert_eq!(content(&tenant), whole);
}

#[test]
fn sealed_files_that_were_never_receipted_are_set_aside_and_never_deleted() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let first = Batch::first(&tenant, &phone, epoch(1));
    assert_eq!(client.upload(&phone, &first).status, 200);
    let kept = content(&tenant);
    running.stop();
    let incoming = |rest: &str| {
        let name = format!("{}-{}-{rest}", phone.device(), epoch(1));
        tenant.data().join("incoming").join(name)
    };
    // A batch that never came into the ledger, one with the name of one that did, a stranger,
    // and half a file.
    let names = ["000000000004-000000000009.age", "000000000001-000000000003.age", "notes.txt"];
    for round in 0..2u8 {
        for name in names {
            fs::write(incoming(name), [round; 16]).unwrap();
        }
        fs::write(incoming("000000000004-000000000009.age.tmp"), b"sea").unwrap();
        tenant.start().stop();
    }
    assert_eq!(content(&tenant), kept);
    assert!(files(&tenant.data().join("incoming")).is_empty());
    let orphans = files(&tenant.data().join("orphans"));
    assert_eq!(orphans.len(), 6);
}

/// All files below `batches`, with what is in them.
fn content(tenant: &Tenant) -> Vec<(PathBuf, Vec<u8>)> {
    let all = files(&tenant.data().join("batches")).into_iter();
    all.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn the_database_of_an_older_copy_does_not_cost_a_file() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let first = Batch::first(&tenant, &phone, epoch(1));
    assert_eq!(client.upload(&phone, &first).status, 200);
    running.stop();
    let database = tenant.data().join("collector.sqlite");
    let copy = fs::read(&database).unwrap();

    let running = tenant.start();
    let second = first.next(&tenant, &phone);
    assert_eq!(tenant.client(&running).upload(&phone, &second).status, 200);
    running.stop();
    for name in ["collector.sqlite-wal", "collector.sqlite-shm"] {
        let _ = fs::remove_file(tenant.data().join(name));
    }
    fs::write(&database, copy).unwrap();
    let running = tenant.start();
    assert!(holds(&tenant.data(), &second.sealed));
    assert_eq!(tenant.client(&running).upload(&phone, &second).status, 200);
}

#[test]
fn one_folder_has_one_endpoint() {
    let tenant = Tenant::new();
    let running = tenant.start();
    assert_eq!(store_error(&tenant, tenant.config()), StoreError::InUse);
    running.stop();
    tenant.start().stop();
}

#[test]
fn a_console_works_beside_the_endpoint() {
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    let console = Console::open(&tenant.data(), tenant.clock()).unwrap();
    assert_eq!(console.devices().unwrap(), running.console().devices().unwrap());
    let life = fenming_wire::time::Span::hours(1);
    let token = console.issue_token(&super::fixture::person(), life).unwrap();
    assert_eq!(client.enrol(&Phone::new(), &token).status, 200);
    assert!(console.block(phone.device()).unwrap());
    assert_eq!(client.state(&phone, epoch(1)).status, 403);
}

#[test]
fn one_folder_has_one_tenant() {
    let tenant = Tenant::new();
    tenant.start().stop();
    let other = "other".parse::<fenming_wire::id::TenantId>().unwrap();
    let mut config = tenant.config();
    config.documents.trust = tenant.trust(1, |trust| trust.tenant = other.clone());
    config.documents.policy = tenant.policy(1, |policy| policy.tenant = other.clone());
    config.tenant = other;
    assert_eq!(store_error(&tenant, config), StoreError::OtherTenant);
    assert_eq!(tenant.config().tenant, tenant_id());
}

#[test]
fn a_newer_schema_is_refused_and_left_as_it_is() {
    let tenant = Tenant::new();
    tenant.start().stop();
    let path = tenant.data().join("collector.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let before = fs::read(&path).unwrap();
    let refused = store_error(&tenant, tenant.config());
    assert_eq!(refused, StoreError::Newer { found: 99, known: 3 });
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn another_programs_database_is_refused_and_left_as_it_is() {
    let tenant = Tenant::new();
    fs::create_dir(tenant.data()).unwrap();
    let path = tenant.data().join("collector.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(database);
    let before = fs::read(&path).unwrap();
    assert_eq!(store_error(&tenant, tenant.config()), StoreError::Foreign);
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::write(&path, b"this is no database at all, not even nearly so").unwrap();
    assert_eq!(store_error(&tenant, tenant.config()), StoreError::Damaged);
}

#[test]
fn only_the_owner_may_read_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let tenant = Tenant::new();
    let running = tenant.start();
    let (client, phone) = (tenant.client(&running), tenant.phone(&running));
    assert_eq!(client.upload(&phone, &Batch::first(&tenant, &phone, epoch(1))).status, 200);
    for path in files(&tenant.data()) {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{path:?}");
        let folder = fs::metadata(path.parent().unwrap()).unwrap();
        assert_eq!(folder.permissions().mode() & 0o077, 0, "{path:?}");
    }
}
