internal import CgroupModel

/// Decides which files each tick reads, and keeps the times at which they were read.
struct SweepSchedule {
    private var configuration: SamplerConfiguration
    /// The number of the newest tick; 0 before the first.
    private(set) var tick: UInt64 = 0
    /// The times of the newest reads of each tier.
    private(set) var tierTimes = Tier.allCases.map { _ in TierTimes(now: 0, before: 0) }
    /// See ``Snapshot/settingsReads``.
    private(set) var settingsReads: [RowLocation: UInt64] = [:]
    private var settingsReadAt: UInt64 = 0
    /// The rows whose settings the next tick reads.
    private var settingsDue: Set<RowLocation> = []

    init(_ configuration: SamplerConfiguration) { self.configuration = configuration }

    /// Sets the interval between reads of the costly files, in ticks.
    mutating func setCostlyMultiple(_ multiple: UInt64) { configuration.costlyMultiple = multiple }

    /// Makes the next tick read a row's settings.
    mutating func requestSettings(of row: RowLocation) { settingsDue.insert(row) }

    /// Makes the next tick read the settings of these rows.
    mutating func requestSettings(of rows: Set<RowLocation>) { settingsDue.formUnion(rows) }

    /// Begins a tick and returns what it reads.
    mutating func begin(at now: UInt64, seesWrites: Bool) -> SweepDue {
        let everything = configuration.readsEverything || !configuration.isContinuous
        let overdue = now - settingsReadAt >= configuration.settingsSeconds * 1_000_000_000
        let allSettings = everything || tick == 0 || overdue
        if allSettings { settingsReadAt = now }
        let costly = everything || tick % max(1, configuration.costlyMultiple) == 0
        // Detail metrics may share a file with costly ones, so their times must be those of the
        // file.
        let tiers = [true, costly, allSettings, costly]
        for tier in Tier.allCases where tiers[tier.rawValue] {
            // The settings of single rows are also read in between, so their counters have no
            // rates.
            let before = tier == .settings && !everything ? 0 : tierTimes[tier.rawValue].now
            tierTimes[tier.rawValue] = TierTimes(now: now, before: before)
        }
        noteSettingsReads(at: now, ofAll: allSettings)
        defer { tick += 1 }
        return SweepDue(
            tiers: tiers, allSettings: allSettings, reprobe: tick % 30 == 0,
            keeps: configuration.isContinuous, seesWrites: seesWrites)
    }

    /// Notes the time of the settings that are read although those of other rows are not due.
    private mutating func noteSettingsReads(at now: UInt64, ofAll allSettings: Bool) {
        if allSettings {
            settingsReads = [:]
        } else {
            for row in settingsDue { settingsReads[row] = now }
        }
        settingsDue = []
    }
}
