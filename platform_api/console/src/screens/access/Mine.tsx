import { useSession } from "../../api/session";
import { Facet } from "../../parts/list";

/** Everybody's that one may see, or only one's own. */
export function Mine() {
  const me = useSession()?.id;
  return me ? <Facet name="subject" title="Whose" values={[[me, "My own"]]} /> : null;
}
