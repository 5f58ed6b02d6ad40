import { Empty } from "../parts/states";
import { toSignIn } from "../api/client";

export function NotHere() {
  return <main className="content"><Empty title="There is no such page"><a className="button" href="/">To the dashboard</a></Empty></main>;
}

export function SignedOut() {
  return (
    <main className="content">
      <Empty title="You are signed out">
        <p>Your session has ended on the server, too.</p>
        <button type="button" className="button primary" onClick={() => { window.history.replaceState(null, "", "/"); toSignIn(); }}>Sign in again</button>
      </Empty>
    </main>
  );
}
