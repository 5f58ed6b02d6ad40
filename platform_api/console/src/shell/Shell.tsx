// The frame around every screen: navigation, the way to go anywhere, the person, and the page itself.
import { IconMenu2, IconSearch, IconSunMoon, IconUserCircle } from "@tabler/icons-react";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { api } from "../api/client";
import { useIsLive, useLive } from "../api/live";
import { sessionQuery } from "../api/session";
import { Loading, Trouble } from "../parts/states";
import { Ended } from "./Ended";
import { GoAnywhere } from "./GoAnywhere";
import { PLACES } from "./places";
import { applyTheme, theme, type Theme } from "./theme";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

export function Shell() {
  const session = useQuery(sessionQuery);
  useLive(useQueryClient(), session.data !== undefined);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [isNavOpen, setNavOpen] = useState(false);
  const [isGoing, setGoing] = useState(false);
  useEffect(() => setNavOpen(false), [path]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); setGoing(true); }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  // Once somebody works here the page stays, whatever becomes of asking for the session again.
  if (!session.data) return session.isError ? <main className="content"><Trouble error={session.error} retry={() => void session.refetch()} /></main> : <Loading label="Signing in" />;
  return (
    <div className="shell">
      <a className="skip button" href="#content">Skip to the page</a>
      <nav className="nav" id="navigation" data-open={isNavOpen} aria-label="Main">
        <Link to="/" className="brand"><img src="/gate.svg" width={22} height={22} alt="" /> Sluicegate</Link>
        {PLACES.map(({ group, places }) => (
          <div key={group || "start"}>
            {group ? <h2>{group}</h2> : null}
            <ul>{places.map(({ to, label, icon: Sign }) => (
              <li key={to}>
                <Link to={to} className="item" activeOptions={{ exact: to === "/", includeSearch: false }}>
                  <Sign size={18} stroke={1.75} aria-hidden /> {label}
                </Link>
              </li>
            ))}</ul>
          </div>
        ))}
      </nav>
      <div style={{ minWidth: 0 }}>
        <header className="top">
          <button type="button" className="button quiet icon menu-button" aria-label="Navigation" aria-expanded={isNavOpen} aria-controls="navigation" onClick={() => setNavOpen(!isNavOpen)}>
            <IconMenu2 size={18} aria-hidden />
          </button>
          <button type="button" className="button search-trigger" onClick={() => setGoing(true)}>
            <IconSearch size={16} aria-hidden /> Go to… <kbd>Ctrl K</kbd>
          </button>
          <span className="push" />
          <Late />
          <ThemeButton />
          <MenuTrigger>
            <Button className="button quiet"><IconUserCircle size={18} stroke={1.75} aria-hidden /> {session.data.name}</Button>
            <Popover className="popover" placement="bottom end">
              <Menu className="menu" onAction={(key) => { if (key === "out") void signOut(); }}>
                <MenuItem id="teams" isDisabled textValue="Teams"><span className="faint">{session.data.teams.join(", ") || "in no team"}</span></MenuItem>
                <MenuItem id="out">Sign out</MenuItem>
              </Menu>
            </Popover>
          </MenuTrigger>
        </header>
        <main className="content" id="content" tabIndex={-1}><Outlet /></main>
      </div>
      <Ended />
      <GoAnywhere isOpen={isGoing} onOpenChange={setGoing} />
    </div>
  );
}

/** Says when the page is not told of changes as they happen. */
function Late() {
  return useIsLive() === false ? <span className="faint late" title="The stream of changes is not available: the platform is asked every half minute.">Updates every 30 s</span> : null;
}

function ThemeButton() {
  const [now, setNow] = useState<Theme>(theme);
  return (
    <button type="button" className="button quiet icon" aria-label={`Colours: ${now}. Change`} title={`Colours: ${now}`}
      onClick={() => { const next = NEXT[now]; applyTheme(next); setNow(next); }}>
      <IconSunMoon size={18} stroke={1.75} aria-hidden />
    </button>
  );
}

async function signOut() {
  await api.DELETE("/v1/session");
  window.location.assign("/signed-out");
}
