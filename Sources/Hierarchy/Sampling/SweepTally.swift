internal import CgroupModel

/// The statistics of one pass, and the directories that it found gone.
struct SweepTally {
    private var health = SampleHealth()
    private var accounts: CollectorAccounts
    private var vanished: [(row: Int, hierarchy: Int)] = []

    init(_ plan: ReadPlan) { accounts = CollectorAccounts(plan) }

    /// Begins a pass.
    mutating func begin() {
        health = SampleHealth()
        accounts.begin()
        vanished = []
    }

    /// Charges the time from now on to a file's collector.
    mutating func turn(to file: Int) { accounts.turn(to: file) }

    /// Counts a file that was read.
    mutating func noteRead() { health.filesRead += 1 }

    /// Counts a file that could not be kept open.
    mutating func noteUnkept() { health.unkept += 1 }

    /// Counts skipped rows of a file.
    mutating func noteSkipped(_ file: Int, _ rows: UInt64) { accounts.noteSkipped(file, rows) }

    /// Counts a file that exists but gives no values.
    mutating func note(_ reason: Reading, _ file: Int) {
        switch reason {
        case .notPermitted: health.notPermitted += 1
        case .malformed: health.malformed += 1
        default: return
        }
        accounts.noteFailure(file)
    }

    /// Records that a row's directory is gone from a hierarchy.
    mutating func noteVanished(_ row: Int, _ hierarchy: Int) { vanished.append((row, hierarchy)) }

    /// Ends the pass and returns its result.
    mutating func end(_ block: RowBlock, descriptors: Int) -> SweepResult {
        health.descriptors = UInt64(descriptors)
        health.collectors = accounts.end()
        return SweepResult(block: block, health: health, vanished: vanished)
    }
}
