//! Answers that are larger than anything that a server has reason to send.

use js_sys::{Function, Reflect, Uint8Array, WebAssembly};
use mock_server::Kind;
use serde_json::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Client, World};

const MIB: usize = 1024 * 1024;

/// The bound that the package names, in bytes.
const MAX_BODY_BYTES: usize = 32 * MIB;

/// A response whose body has so many MiB of noops and counts what is taken of it.
fn response_of(mib: usize) -> JsValue {
    let make = Function::new_with_args(
        "mib",
        "const piece = new TextEncoder().encode('6\\x1e'.repeat(1 << 19)), counts = { taken: 0, cancelled: false };
         const body = new ReadableStream({
           pull(controller) {
             if (counts.taken === mib) return controller.close();
             counts.taken += 1;
             controller.enqueue(piece.slice());
           },
           cancel() { counts.cancelled = true; },
         }, { highWaterMark: 0 });
         return Object.assign(new Response(body), { counts });",
    );
    make.call1(&JsValue::NULL, &(mib as f64).into()).unwrap()
}

fn count(response: &JsValue, name: &str) -> JsValue {
    let counts = Reflect::get(response, &"counts".into()).unwrap();
    Reflect::get(&counts, &name.into()).unwrap()
}

fn module_bytes() -> f64 {
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    Reflect::get(&memory.buffer(), &"byteLength".into())
        .unwrap()
        .as_f64()
        .unwrap()
}

/// Makes this the answer to the next poll but one; the next brings an update.
fn answer_second_poll(world: &World, response: &JsValue) {
    world.page.resolve_next(response);
    world.payload("r", json!({"message": "before"}));
}

async fn is_followed_again(world: &World, client: &Client) {
    let error = world.heard(client, "disconnect").await;
    assert_eq!(error["error"]["code"], "PAYLOAD_TOO_LARGE", "{error}");
    world.heard(client, "reconnect").await;
    world
        .until("it is subscribed again", || {
            world.logged(Kind::Handshake).len() == 2
        })
        .await;
    world
        .until("the subscription arrives", || world.subscriptions("r") > 0)
        .await;
    client.forget();
    world.payload("r", json!({"message": "after"}));
    world
        .until("the next update", || client.count("update") == 1)
        .await;
}

#[wasm_bindgen_test]
async fn a_body_without_end_is_cancelled_at_its_bound_and_takes_no_memory_of_the_module() {
    let world = World::new();
    let client = world.following("r").await;
    let response = response_of(1 << 20);
    let before = module_bytes();
    answer_second_poll(&world, &response);
    is_followed_again(&world, &client).await;
    let taken = count(&response, "taken").as_f64().unwrap() as usize;
    assert_eq!(taken, MAX_BODY_BYTES / MIB + 1);
    assert_eq!(count(&response, "cancelled"), JsValue::TRUE);
    let grown = module_bytes() - before;
    assert!(grown < MIB as f64, "the module grew by {grown} bytes");
    client.close();
    client.free();
    world.nothing_left().await;
}

#[wasm_bindgen_test]
async fn a_body_within_the_bound_with_too_many_packets_costs_its_session() {
    let world = World::new();
    let client = world.following("r").await;
    // Half a million packets each.
    let response = response_of(2);
    answer_second_poll(&world, &response);
    is_followed_again(&world, &client).await;
}

#[wasm_bindgen_test]
async fn of_a_million_packets_the_first_are_heard() {
    let world = World::new();
    let client = world.following("r").await;
    client.call(|handle| handle.listen("a", true));
    let noops = vec!["6"; 1_000_000].join("\x1e");
    let body = ["42[\"a\",1]", &noops, "42[\"a\",2]"].join("\x1e");
    let response = whole_response(body.as_bytes());
    answer_second_poll(&world, &response);
    world.heard(&client, "disconnect").await;
    world
        .until("the first is heard", || client.count("event") == 1)
        .await;
}

#[wasm_bindgen_test]
async fn a_body_of_many_pieces_is_put_together() {
    let world = World::new();
    let client = world.following("r").await;
    let text = "é".repeat(100_000);
    let body = format!(r#"42["progress_r",{{"message":"{text}"}}]"#);
    let make = Function::new_with_args(
        "bytes",
        "let at = 0;
         return new Response(new ReadableStream({
           pull(controller) {
             if (at >= bytes.length) return controller.close();
             controller.enqueue(bytes.slice(at, at += 4097));
           },
         }));",
    );
    let bytes = Uint8Array::from(body.as_bytes());
    let response = make.call1(&JsValue::NULL, &bytes).unwrap();
    answer_second_poll(&world, &response);
    world
        .until("both updates", || client.count("update") == 2)
        .await;
    assert_eq!(client.of("update")[1]["message"], json!(text));
}

#[wasm_bindgen_test]
async fn a_response_that_somebody_else_has_read_is_a_body_that_broke_off() {
    let world = World::new();
    let client = world.following("r").await;
    let make = Function::new_no_args(
        "const response = new Response('6'); response.body.getReader(); return response;",
    );
    let response = make.call0(&JsValue::NULL).unwrap();
    answer_second_poll(&world, &response);
    let error = world.heard(&client, "disconnect").await;
    assert_eq!(error["error"]["code"], "TRANSPORT", "{error}");
}

fn whole_response(body: &[u8]) -> JsValue {
    let make = Function::new_with_args("bytes", "return new Response(bytes)");
    make.call1(&JsValue::NULL, &Uint8Array::from(body)).unwrap()
}
