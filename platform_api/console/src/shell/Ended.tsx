import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useEnded } from "../api/ended";
import { sessionQuery } from "../api/session";

/** Covers the page when its session has ended: nobody reads on, and nothing that was written is lost. */
export function Ended() {
  const isEnded = useEnded();
  const queries = useQueryClient();
  // What was refused meanwhile is asked again, once somebody is signed in.
  useEffect(() => (isEnded ? () => void queries.refetchQueries({ type: "active", predicate: (query) => query.state.status === "error" }) : undefined), [isEnded, queries]);
  return (
    <ModalOverlay className="shade center" style={{ background: "var(--canvas)" }} isOpen={isEnded} isKeyboardDismissDisabled>
      <Modal className="dialog">
        <Dialog data-dialog="session-ended" role="alertdialog" className="dialog-body">
          <Heading slot="title" level={2}>Your session has ended</Heading>
          <p>Sign in again in a new tab and come back to this one: what you wrote here is still there.</p>
          <div className="row">
            <a className="button primary" href="/auth/sign-in?to=/signed-in" target="_blank" rel="noreferrer">Sign in again, in a new tab</a>
            <Button className="button" onPress={() => void queries.refetchQueries({ queryKey: sessionQuery.queryKey })}>I have signed in</Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
