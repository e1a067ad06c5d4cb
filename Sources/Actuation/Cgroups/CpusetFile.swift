internal import CgroupModel

/// The names of cpuset's files, from the catalog.
package enum CpusetFile {
    /// Returns the file that shows the list in effect, for the file of a requested list; nil if
    /// there is none.
    package static func effective(_ name: String, isUnified: Bool) -> String? {
        let metric = MetricCatalog.metric(named: "\(name).effective")
        return (isUnified ? metric?.v2 : metric?.v1)?.file
    }
}
