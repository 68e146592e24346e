//! Mistakes in freeze windows.

use super::Pair;

/// Values of `freeze`.
pub(super) const WINDOWS: &[Pair] = &[
    ("weekends", ""),
    ("[]", "{name: w, days: sat, time_zone: UTC}"),
    ("{days: sat, time_zone: UTC}", "{name: w, days: sat, time_zone: UTC}"),
    ("{name: w}", "{name: w, dates: 2030-01-01}"),
    ("{name: w, days: sat}", ""),
    ("{name: w, days: weekend, time_zone: UTC}", ""),
    ("{name: w, days: mon-fri, time_zone: UTC}", ""),
    ("{name: w, days: satt, time_zone: UTC}", ""),
    ("{name: w, days: [someday], time_zone: UTC}", ""),
    ("{name: w, days: {a: b}, time_zone: UTC}", "{name: w, days: sat, time_zone: UTC}"),
    ("{name: w, from: 5pm, time_zone: UTC}", ""),
    ("{name: w, from: noon, time_zone: UTC}", ""),
    ("{name: w, from: 25, time_zone: UTC}", ""),
    ("{name: w, from: '16:00', to: '16:00', time_zone: UTC}", "{name: w, days: sat, time_zone: UTC}"),
    ("{name: w, from: '00:00', to: '24:00', time_zone: UTC}", "{name: w, from: '08:00', time_zone: UTC}"),
    ("{name: w, days: sat, time_zone: PST}", ""),
    ("{name: w, days: sat, time_zone: Berlin}", ""),
    ("{name: w, days: sat, time_zone: Europa/Berlin}", ""),
    ("{name: w, days: sat, time_zone: GMT+2}", "{name: w, days: sat, time_zone: Etc/GMT-2}"),
    ("{name: w, days: sat, time_zone: UTC-05:00}", "{name: w, days: sat, time_zone: America/New_York}"),
    ("{name: w, days: sat, time_zone: local}", "{name: w, days: sat, time_zone: UTC}"),
    ("{name: w, dates: 20.12.2026}", ""),
    ("{name: w, dates: 12/24/2026}", ""),
    ("{name: w, dates: 2026-12-20 - 2027-01-03}", ""),
    ("{name: w, dates: 2026-12-20/2027-01-03}", ""),
    ("{name: w, dates: christmas}", ""),
    ("{name: w, dates: [2027-01-03..2026-12-20]}", ""),
    ("{name: w, dates: {a: b}}", "{name: w, dates: 2030-01-01}"),
    ("{name: w, dates: 2030-01-01, timezone: UTC}", ""),
    ("{name: w, dates: 2030-01-01, break_glass: '@sre'}", ""),
];
