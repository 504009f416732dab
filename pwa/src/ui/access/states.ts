//! How a device stands, in words and in a tone.
import { isolate, m, moment } from '../../i18n';
import { exchangeText } from '../../i18n/exchange';
import { durationText } from '../sync/words';
import type { DeviceRow } from './access';

/** Away for so long, a phone may have been lost without anybody saying so. In days. */
const AWAY_DAYS_MAX = 14;
/** Work that lies on one phone alone for longer than this is at risk. */
const UNSENT_MS_MAX = 24 * 60 * 60 * 1000;
/** Above it a browser begins to throw things away. */
const STORAGE_PERCENT_MAX = 90;
/** Less is what any two clocks differ by. */
const CLOCK_OFF_MS = 2 * 60_000;
/** An exchange that failed longer ago explains nothing any more. */
const FAILURE_DAYS_TOLD = 7;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface State {
  words: string;
  tone: 'plain' | 'olive' | 'ochre' | 'terracotta';
  icon: 'check' | 'alert' | 'clock' | 'lock' | 'error';
  /** For sorting: who needs somebody comes first. */
  rank: number;
}

export function stateOf(device: DeviceRow, now_ms: number): State {
  if (device.revoked_ms !== null) {
    if (device.rescued_ms !== null) return { words: m.access_state_rescued(), tone: 'plain', icon: 'check', rank: 5 };
    if (device.unsent || device.unsent_blobs) return { words: m.access_state_may_hold(), tone: 'terracotta', icon: 'error', rank: 1 };
    return { words: m.access_state_ended(), tone: 'plain', icon: 'lock', rank: 6 };
  }
  if (device.code !== null) return { words: m.access_state_waits(), tone: 'ochre', icon: 'clock', rank: 0 };
  if (device.last_exchange_ms === undefined) return { words: m.access_state_never(), tone: 'plain', icon: 'clock', rank: 3 };
  if (problemsOf(device, now_ms).some(({ grave }) => grave)) return { words: m.access_state_risk(), tone: 'ochre', icon: 'alert', rank: 2 };
  return { words: m.access_state_fine(), tone: 'olive', icon: 'check', rank: 4 };
}

/** Something about a device, and what to do about it. */
export interface Problem {
  /** Grave: work may be lost. Else it is better mended than not. */
  grave: boolean;
  kind: 'unsent' | 'storage' | 'away' | 'old' | 'unlocked' | 'failed';
  words: string;
  todo: string;
}

/** What is wrong with a device, the gravest first. `build` is the app as the server gives it out. */
export function problemsOf(device: DeviceRow, now_ms: number, build: string | null = null): Problem[] {
  if (device.last_exchange_ms === undefined || device.revoked_ms !== null) return [];
  const { app_build, persisted, installed, failure } = device;
  const away_ms = now_ms - device.last_exchange_ms;
  const percent = device.storage_percent ?? 0;
  const found: [is: boolean, grave: boolean, kind: Problem['kind'], words: () => string, todo: () => string][] = [
    [
      Boolean(device.unsent_blobs) && away_ms > UNSENT_MS_MAX,
      true,
      'unsent',
      () => m.access_risk_blobs({ count: device.unsent_blobs ?? 0 }),
      m.fleet_todo_unsent,
    ],
    [
      Boolean(device.unsent) && away_ms > UNSENT_MS_MAX,
      true,
      'unsent',
      () => m.access_risk_unsent({ count: device.unsent ?? 0 }),
      m.fleet_todo_unsent,
    ],
    [away_ms > AWAY_DAYS_MAX * DAY_MS, true, 'away', () => m.access_risk_away({ days: isolate(durationText(away_ms)) }), m.fleet_todo_away],
    [persisted === false, true, 'storage', m.access_risk_not_kept, m.fleet_todo_install],
    [percent >= STORAGE_PERCENT_MAX, true, 'storage', () => m.access_risk_full({ percent }), m.fleet_todo_full],
    [persisted !== false && installed === false, false, 'storage', m.fleet_tab, m.fleet_todo_install],
    [isOld(device, build), false, 'old', () => m.fleet_old({ build: isolate(app_build ?? '') }), m.fleet_todo_old],
    [device.lock === 'none', false, 'unlocked', m.fleet_unlocked, m.fleet_todo_unlocked],
    [
      Boolean(failure) && now_ms - (failure?.at_ms ?? 0) < FAILURE_DAYS_TOLD * DAY_MS,
      false,
      'failed',
      () => m.fleet_failed({ why: exchangeText(failure?.code ?? ''), when: isolate(moment(failure?.at_ms ?? 0)) }),
      m.fleet_todo_failed,
    ],
  ];
  return found.filter(([is]) => is).map(([, grave, kind, words, todo]) => ({ grave, kind, words: words(), todo: todo() }));
}

/** Whether it runs another version of the app than the one that the server gives out. */
export function isOld({ app_build }: DeviceRow, build: string | null): boolean {
  return build !== null && Boolean(app_build) && app_build !== 'development' && app_build !== build;
}

/** What it said of itself at its last exchange, line by line: what, and how it is. */
export function saidOf(device: DeviceRow, now_ms: number): [what: string, how: string][] {
  if (device.last_exchange_ms === undefined) return [];
  const { last_exchange_ms, clock_offset_ms = 0, storage_percent = null, failure = null } = device;
  const kept = { true: m.access_kept_yes(), false: m.access_kept_no(), null: m.access_unknown() };
  const locks = { none: m.access_lock_none(), pin: m.access_lock_pin(), passkey: m.access_lock_passkey() };
  const off = Math.abs(clock_offset_ms) > CLOCK_OFF_MS;
  const duration = isolate(durationText(clock_offset_ms));
  return [
    [m.access_said_last(), `${moment(last_exchange_ms)} (${m.access_ago({ time: isolate(durationText(now_ms - last_exchange_ms)) })})`],
    [m.access_said_unsent(), device.unsent ? m.sync_device_unsent({ count: device.unsent }) : m.access_unsent_none()],
    [m.access_said_blobs(), device.unsent_blobs ? m.sync_device_blobs({ count: device.unsent_blobs }) : m.access_unsent_none()],
    [m.access_said_kept(), kept[String(device.persisted ?? null) as keyof typeof kept]],
    [m.access_said_installed(), device.installed ? m.access_installed() : m.access_tab()],
    [m.access_said_storage(), storage_percent === null ? m.access_unknown() : m.access_percent({ percent: storage_percent })],
    [m.access_said_lock(), locks[device.lock ?? 'none']],
    [
      m.access_said_clock(),
      !off ? m.access_clock_right() : clock_offset_ms > 0 ? m.access_clock_ahead({ duration }) : m.access_clock_behind({ duration }),
    ],
    [m.access_said_build(), device.app_build ?? ''],
    [m.access_said_failure(), failure ? `${exchangeText(failure.code)} (${moment(failure.at_ms)})` : m.access_failure_none()],
  ];
}
