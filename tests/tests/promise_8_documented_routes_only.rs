//! Promise 8: documented routes only. The names of banned routes are searched for in `tidy`; here
//! the agent is held to what it would need for one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "tidy/tree.rs"]
#[allow(dead_code, reason = "the rules use the rest")]
mod tree;

use tree::{File, files, none};

/// Where the agent's own code stands.
const AGENT: [&str; 4] = ["android/", "bindings/", "core/", "ios/"];

/// What an Android app may ask for; everything that Android grants must stand here first.
const PERMISSIONS: [&str; 8] = [
    "android.permission.ACCESS_NETWORK_STATE",
    "android.permission.BIND_NOTIFICATION_LISTENER_SERVICE",
    "android.permission.INTERNET",
    "android.permission.POST_NOTIFICATIONS",
    "android.permission.READ_CALL_LOG",
    "android.permission.READ_SMS",
    "android.permission.RECEIVE_BOOT_COMPLETED",
    "android.permission.RECEIVE_SMS",
];

#[test]
fn the_core_holds_no_unsafe_code_so_it_hooks_nothing() {
    let words = ["unsafe {", "unsafe fn", "unsafe impl", "extern \"C\"", "dlopen", "libloading"];
    let core = files().into_iter().filter(|file| file.is_below(&["core/"]) && file.is_product());
    none(core.flat_map(|file| file.places(&words).collect::<Vec<_>>()), "the core hooks nothing");
}

#[test]
fn the_agent_starts_no_other_program_so_it_is_never_root() {
    let words = ["std::process::Command", "Command::new", "Runtime.getRuntime", "ProcessBuilder"];
    let agent = files().into_iter().filter(|file| file.is_below(&AGENT));
    let product = agent.filter(|file| file.is_product() || file.ends_with(&[".kt", ".swift"]));
    none(product.flat_map(|file| file.places(&words).collect::<Vec<_>>()), "no other program");
}

#[test]
fn the_agent_opens_no_database_but_its_own() {
    let words = ["Connection::open", "rusqlite::"];
    let elsewhere = |file: &File| {
        file.is_below(&["core/"]) && file.is_product() && !file.is_below(&["core/src/vault/"])
    };
    let broken = files().into_iter().filter(elsewhere);
    let broken = broken.flat_map(|file| file.places(&words).collect::<Vec<_>>());
    none(broken, "only the vault opens a database, and only its own");
}

#[test]
fn the_android_app_asks_for_no_permission_that_is_not_listed() {
    let manifests = files().into_iter().filter(|file| file.path.ends_with("AndroidManifest.xml"));
    let broken = manifests.flat_map(|file| {
        let asked =
            file.text.split("android:name=\"").skip(1).filter_map(|rest| {
                rest.split('"').next().filter(|name| name.contains(".permission."))
            });
        let unlisted = asked.filter(|name| !PERMISSIONS.contains(name));
        unlisted.map(|name| format!("{}: {name}", file.path)).collect::<Vec<_>>()
    });
    none(broken, "list a permission here with its documented route, or do without it");
}

#[test]
fn an_undocumented_route_would_be_found() {
    let file = File {
        path: "core/src/spy.rs".to_owned(),
        text: "// unsafe {\nlet x = unsafe { hook() };\n".to_owned(),
    };
    assert!(file.is_product() && file.is_below(&AGENT));
    assert_eq!(file.places(&["unsafe {"]).collect::<Vec<_>>(), ["core/src/spy.rs:2: unsafe {"]);
}
