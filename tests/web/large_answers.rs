//! Answers that are larger than anything that a server has reason to send, read as they arrive.

use js_sys::{Function, Reflect, Uint8Array, WebAssembly};
use mock_server::{Config, Kind};
use serde_json::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Client, World};

const MIB: usize = 1024 * 1024;

/// A response whose body has so many MiB of this text and counts what is taken of it.
fn response_of(text: &str, mib: usize) -> JsValue {
    let make = Function::new_with_args(
        "text, mib",
        "const piece = new TextEncoder().encode(text.repeat((1 << 20) / text.length)), counts = { taken: 0, cancelled: false };
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
    make.call2(&JsValue::NULL, &text.into(), &(mib as f64).into())
        .unwrap()
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

/// However long the page reads: the server waits.
fn patient() -> World {
    World::with(Config {
        ping_interval_ms: 600_000,
        ..Config::default()
    })
}

/// The next update is heard, over the first session.
async fn is_followed_on(world: &World, client: &Client) {
    world
        .until("the update before", || client.count("update") == 1)
        .await;
    world.payload("r", json!({"message": "after"}));
    world
        .until("the next update", || client.count("update") == 2)
        .await;
    assert_eq!(world.logged(Kind::Handshake).len(), 1);
    assert_eq!(client.count("disconnect"), 0);
}

#[wasm_bindgen_test]
async fn millions_of_packets_are_read_bit_by_bit_and_take_no_memory_of_the_module() {
    let world = patient();
    let client = world.following("r").await;
    let response = response_of("6\u{1e}", 4);
    let before = module_bytes();
    answer_second_poll(&world, &response);
    is_followed_on(&world, &client).await;
    assert_eq!(count(&response, "taken"), JsValue::from(4));
    let grown = module_bytes() - before;
    assert!(grown < MIB as f64, "the module grew by {grown} bytes");
    client.close();
    client.free();
    world.nothing_left().await;
}

#[wasm_bindgen_test]
async fn a_packet_that_is_too_large_is_a_warning_and_the_connection_lives() {
    let world = patient();
    let client = world.following("r").await;
    answer_second_poll(&world, &response_of("4", 17));
    let warning = world.heard(&client, "warning").await;
    assert_eq!(warning["code"], "too-large", "{warning}");
    is_followed_on(&world, &client).await;
}

#[wasm_bindgen_test]
async fn an_answer_that_is_given_up_is_read_no_further() {
    let world = patient();
    let client = world.following("r").await;
    // More than any page reads in the time of this test.
    let response = response_of("6\u{1e}", 1 << 20);
    answer_second_poll(&world, &response);
    world
        .until("it is being read", || {
            count(&response, "taken").as_f64() > Some(0.0)
        })
        .await;
    client.close();
    client.free();
    world.nothing_left().await;
    let taken = count(&response, "taken");
    world.settle().await;
    assert_eq!(count(&response, "taken"), taken);
}

#[wasm_bindgen_test]
async fn what_comes_before_and_behind_a_million_packets_is_heard() {
    let world = patient();
    let client = world.following("r").await;
    client.call(|handle| handle.listen("a", true));
    let noops = vec!["6"; 1_000_000].join("\x1e");
    let body = ["42[\"a\",1]", &noops, "42[\"a\",2]"].join("\x1e");
    let response = whole_response(body.as_bytes());
    answer_second_poll(&world, &response);
    world
        .until("both are heard", || client.count("event") == 2)
        .await;
    assert_eq!(client.count("disconnect"), 0);
}

#[wasm_bindgen_test]
async fn a_body_of_many_pieces_is_put_together() {
    let world = patient();
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
    let world = patient();
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
