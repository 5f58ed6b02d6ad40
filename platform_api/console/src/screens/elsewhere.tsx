import { Empty } from "../parts/states";
import { toSignIn } from "../api/client";

export function NotHere() {
  return <main className="content"><h1>There is no such page</h1><p className="secondary">Perhaps the address was cut short. <a href="/">To the dashboard</a></p></main>;
}

const LATER = "Something kept it from working. Try again in a moment; if it stays so, tell who runs Sluicegate.";
const WHY: Record<string, string> = {
  "unknown-subject": "You are who you say, but Sluicegate's directory does not know you. Ask who runs it to add you, or sign in as somebody else.",
  "sign-in-failed": "It was given up, it took more than ten minutes, or the identity provider did not answer. Start again.",
};

/** After signing out, and where signing in did not work: `?why=` is the code of the problem. */
export function SignedOut() {
  const why = new URLSearchParams(window.location.search).get("why");
  // Whom the directory does not know would be signed in at the provider again without being asked.
  const signIn = () => { window.history.replaceState(null, "", "/"); toSignIn(why !== null); };
  return (
    <main className="content">
      <Empty title="">
        <h1>{why ? "Signing in did not work" : "You are signed out"}</h1>
        <p>{why ? WHY[why] ?? LATER : "Your session has ended on the server, too."}</p>
        <button type="button" className="button primary" onClick={signIn}>Sign in again</button>
      </Empty>
    </main>
  );
}

export function SignedIn() {
  return (
    <main className="content">
      <Empty title="">
        <h1>You are signed in</h1>
        <p>Close this tab and go on where you were.</p>
      </Empty>
    </main>
  );
}
