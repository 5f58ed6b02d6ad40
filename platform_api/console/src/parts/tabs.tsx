import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from "react-aria-components";
import { useFilters } from "./list";

/** Tabs whose choice is in the URL (`?tab=`), so that a link leads to what one looks at. */
export function Tabs({ label, of }: { label: string; of: { id: string; name: ReactNode; content: () => ReactNode }[] }) {
  const [search, change] = useFilters();
  const chosen = of.some((one) => one.id === search.tab) ? search.tab : of[0]?.id;
  return (
    <AriaTabs className="tabs" selectedKey={chosen} onSelectionChange={(key) => change({ tab: String(key) })}>
      <TabList aria-label={label}>{of.map((one) => <Tab key={one.id} id={one.id}>{one.name}</Tab>)}</TabList>
      {of.map((one) => <TabPanel key={one.id} id={one.id}>{one.content()}</TabPanel>)}
    </AriaTabs>
  );
}
