// What one version would change, as a page of its own: what is sent to who has to judge it.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Page } from "../../parts/page";
import { Person } from "../../parts/person";
import { Loading, Trouble } from "../../parts/states";
import { Status } from "../../parts/status";
import { Time } from "../../parts/time";
import { rulebookQuery } from "./rulebook";
import { WhatWouldChange } from "./WhatWouldChange";

export default function ImpactPage() {
  const { version } = useParams({ strict: false }) as { version: string };
  const answer = useQuery(rulebookQuery(version));
  if (!answer.data) return answer.isError ? <Trouble error={answer.error} retry={() => void answer.refetch()} /> : <Loading />;
  const book = answer.data;
  return (
    <Page title={`What “${book.title}” would change`} crumbs={[{ to: "/rules", label: "Rules" }, { to: `/rules/${book.version}`, label: `Version ${book.number}` }]}
      lead={<span className="row"><Status state={book.state} /> {book.proposed_by ? <>proposed by <Person id={book.proposed_by} /> <Time at={book.proposed_at} />, in place of version {book.against}</> : "not proposed yet"}</span>}
      actions={<Link to={`/rules/${book.version}` as never} className="button">To the rules</Link>}>
      <WhatWouldChange book={book} isPage />
    </Page>
  );
}
