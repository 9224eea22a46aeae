import { connection } from "next/server";
import { Research } from "./research.jsx";

export default async function Page() {
  // The environment of the server that renders, not that of the build.
  await connection();
  return <Research url={process.env.RESEARCH_SERVER} id="research-1" />;
}
