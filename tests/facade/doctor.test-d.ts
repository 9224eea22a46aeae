// What research-socket/doctor allows and refuses. Compiled, never run.

import type { ConnectOptions } from "research-socket";
import { doctor, type Diagnosis, type FindingCode } from "research-socket/doctor";

declare const ours: ConnectOptions;

const { ok, findings, fine, unchecked }: Diagnosis = await doctor();
await doctor(ours);
await doctor({ url: "https://research.example.org", path: "/ws/socket.io", timeout: 5000 });
await doctor({ ...ours, patient: true });

for (const { code, severity, message, setting } of findings) {
  if (code === "STICKY_SESSION" && severity === "error") console.log(message.length + setting.length, ok);
}
const codes: FindingCode[] = [...fine.map(({ code }) => code), ...unchecked];

// @ts-expect-error: no such option
await doctor({ host: "research.example.org" });
// @ts-expect-error: how long it takes is for the server to say
await doctor({ patient: 25_000 });
// @ts-expect-error: no such code
if (codes[0] === "STICKY") console.log();
// @ts-expect-error: a diagnosis cannot be changed
findings.push();
