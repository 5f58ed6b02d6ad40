import { Empty } from "../parts/states";
import { toSignIn } from "../api/client";

export function NotHere() {
  return <main className="content"><h1>There is no such page</h1><p className="secondary">Perhaps the address was cut short. <a href="/">To the dashboard</a></p></main>;
}

export function SignedOut() {
  return (
    <main className="content">
      <Empty title="">
        <h1>You are signed out</h1>
        <p>Your session has ended on the server, too.</p>
        <button type="button" className="button primary" onClick={() => { window.history.replaceState(null, "", "/"); toSignIn(); }}>Sign in again</button>
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
