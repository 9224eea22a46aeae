// What a page has, for its author's tests.
import { connect } from "research-socket";
import { useResearch } from "research-socket/react";
import { createElement } from "react";

export async function follow(id, show) {
  const client = await connect();
  client.subscribe(id).on("update", ({ message }) => show(message));
}

export function Progress({ id }) {
  const { state, connection } = useResearch(id);
  return createElement("p", null, `${connection.name}: ${state.progress ?? "?"}`);
}
