// A dedicated worker: follows a research with this package, and tells the page what it hears.

onmessage = async ({ data: { id, options } }) => {
  try {
    const { connect } = await import("/pkg/index.js");
    const client = await connect(options);
    const research = client.subscribe(id);
    research.on("log", ({ message }) => postMessage({ line: message }));
    client.on("disconnect", (reason) => postMessage({ disconnect: reason }));
    const echoed = await client.emitWithAck("echo", Uint8Array.of(1, 2));
    postMessage({ runtime: client.stats().runtime, echoed: [...echoed], type: echoed.constructor.name, id: typeof client.id });
    const end = await research.done;
    postMessage({ end: end.status });
    client.close();
    postMessage({ state: client.state.name });
  } catch (error) {
    postMessage({ error: `${error.code ?? error.name}: ${error.message}` });
  }
};
