// What browsers send to the servers of the tests.

import { text } from "node:stream/consumers";

/** The body of a request; `undefined` where its browser broke it off. @param {import("node:http").IncomingMessage} request */
export const bodyOf = (request) => text(request).catch(() => undefined);
