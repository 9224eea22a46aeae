// A test as a runner that makes CommonJS sees it. Never run, only compiled.

import { ResearchSocketError, connect, type Client } from "research-socket";
import "research-socket/compat";
import { doctor } from "research-socket/doctor";
import { connect as connectInline } from "research-socket/inline";
import { useResearch } from "research-socket/react";

const opened: Promise<Client> = connect({ reconnectionAttempts: 10 });
const same: typeof connect = connectInline;
const name: string = new ResearchSocketError("CLOSED", "closed").name;
void [opened, same, name, doctor().then(({ ok }) => ok), useResearch("research-12345").state.progress, window.socket.isConnected()];

// @ts-expect-error there is no such option
void connect({ attempts: 10 });
