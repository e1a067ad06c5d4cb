/// The configuration of a sampler.
package struct SamplerConfiguration: Sendable {
    /// The cgroups to sample.
    package var scope = SampleScope()
    /// The maximum depth below the root of files that are read; nil for all.
    ///
    /// Deeper cgroups are only listed.
    package var readDepth: Int?
    /// Whether ticks follow one another, so that files are kept open and directories are watched.
    package var isContinuous = true
    /// The interval between reads of the costly files, in ticks.
    package var costlyMultiple: UInt64 = 1
    /// The interval after which settings are read again even without a noticed write, in seconds.
    package var settingsSeconds: UInt64 = 300
    /// Whether every tick reads every file, so that all counters have rates.
    package var readsEverything = false
    /// The maximum number of files kept open in one descriptor table; nil for what RLIMIT_NOFILE
    /// allows.
    package var descriptorBudget: Int?

    /// Creates the default: all cgroups, continuously.
    package init() {}
}
