// Where one can go: the navigation and Ctrl K both show this list.
import {
  IconActivityHeartbeat, IconAffiliate, IconClipboardCheck, IconContract, IconDatabase, IconGavel, IconHistory, IconKey, IconLayoutDashboard,
  IconServer2, IconTestPipe, type Icon,
} from "@tabler/icons-react";

interface Place { to: string; label: string; icon: Icon; words: string }

export const PLACES: { group: string; places: Place[] }[] = [
  { group: "", places: [
    { to: "/", label: "Dashboard", icon: IconLayoutDashboard, words: "start overview charts" },
    { to: "/approvals", label: "Approvals", icon: IconClipboardCheck, words: "inbox reviews sign waiting" },
  ] },
  { group: "Access", places: [
    { to: "/request", label: "Request access", icon: IconKey, words: "new grant data sources builder" },
    { to: "/grants", label: "Grants", icon: IconActivityHeartbeat, words: "live revoke credentials countdown" },
    { to: "/graph", label: "Access graph", icon: IconAffiliate, words: "who has access to what person activity dataset" },
  ] },
  { group: "Govern", places: [
    { to: "/rules", label: "Rules", icon: IconGavel, words: "policies cedar versions editor impact" },
    { to: "/bench", label: "Test bench", icon: IconTestPipe, words: "try rules who may test cases question" },
    { to: "/contracts", label: "Contracts", icon: IconContract, words: "data owner sign terms" },
  ] },
  { group: "Registry", places: [
    { to: "/activities", label: "Activities", icon: IconServer2, words: "cmdb research environments members" },
    { to: "/data", label: "Data", icon: IconDatabase, words: "catalogue sources tables prefixes" },
    { to: "/audit", label: "Audit trail", icon: IconHistory, words: "records proof verify export" },
  ] },
];
