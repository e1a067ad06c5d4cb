package import Causes
package import CgroupModel
package import Hierarchy
internal import KernelIO

/// The host's cgroups, ready for sampling.
package struct Observation {
    /// The mounted hierarchies.
    package let set: HierarchySet
    /// The files that are read.
    package let files: SourceFiles
    /// Reads the planned files of all cgroups.
    package let sampler: Sampler

    /// Discovers the hierarchies and plans the files to read.
    package init(
        _ system: SystemRoot, metrics: [MetricID],
        configuration: SamplerConfiguration = .init()
    ) throws {
        set = try HierarchySet.discover(system)
        files = SourceFiles(legacy: set.legacyControllers, sampled: Set(metrics))
        sampler = try Sampler(ReadPlan(metrics, on: set), on: set, configuration)
        for failure in sampler.unreadable {
            StandardOutput.complain("cgwarden: \(failure); that hierarchy is skipped")
        }
    }
}
