public import CgroupModel
internal import KernelIO

/// One interface file that the sampler reads of every cgroup, and where.
struct PlannedFile: Sendable {
    let hierarchy: Int
    let tier: Tier
    let layout: FileLayout
}

/// Which files bring the wanted metrics on this machine: the catalog's rows, v1 sources where v1
/// holds the controller, v2 sources elsewhere.
public struct ReadPlan: Sendable {
    /// The columns of the snapshots.
    public let schema: Schema
    let files: [PlannedFile]

    /// Plans for the wanted metrics; one that no mounted hierarchy has is left out.
    public init(_ metrics: some Sequence<MetricID>, on set: HierarchySet) {
        var wanted = Set(metrics)
        // v1 limits RAM and swap together; the limit of swap alone is the difference.
        let derivesSwap = wanted.contains(.memorySwapMax) && set.legacy(.memory) != nil
        if derivesSwap { wanted.formUnion([.memoryAndSwapMax, .memoryMax]) }
        var sources: [(metric: Metric, source: Source, hierarchy: Int)] = []
        for id in wanted.sorted() {
            let metric = MetricCatalog[id]
            guard let place = Self.place(of: metric, on: set) else { continue }
            sources.append((metric, place.source, place.hierarchy))
        }
        let columns = sources.map(\.metric.id) + (derivesSwap ? [.memorySwapMax] : [])
        let schema = Schema(columns)
        self.schema = schema
        let grouped = Dictionary(grouping: sources) {
            FileKey(file: $0.source.file, at: $0.hierarchy)
        }
        files = grouped.flatMap { key, members -> [PlannedFile] in
            let fields = members.map {
                FieldLayout(
                    $0.metric, source: $0.source, column: schema.column(of: $0.metric.id))
            }
            let tier = members.map(\.metric.tier).min() ?? .detail
            let format = InterfaceFormat.of(members[0].metric, members[0].source)
            return Self.names(key.file, set.hierarchies[key.at], set).map { name, instance in
                PlannedFile(
                    hierarchy: key.at, tier: tier,
                    layout: FileLayout(
                        name: Array(name.utf8), format: format, fields: fields, instance: instance))
            }
        }.sorted {
            ($0.tier.rawValue, $0.hierarchy, $0.layout.name.pathText)
                < ($1.tier.rawValue, $1.hierarchy, $1.layout.name.pathText)
        }
    }

    private struct FileKey: Hashable {
        let file: String
        let at: Int
    }

    private static func place(
        of metric: Metric, on set: HierarchySet
    ) -> (source: Source, hierarchy: Int)? {
        if metric.controller != .core, let hierarchy = set.legacy(metric.controller) {
            return metric.v1.map { ($0, hierarchy) }
        }
        if let source = metric.v2, let unified = set.unified,
            set.hierarchies[unified].hasFile(source.file, of: metric.controller)
        {
            return (source, unified)
        }
        if metric.controller == .core, let source = metric.v1,
            let first = set.byIdentity.first(where: { set.hierarchies[$0].version == .legacy })
        {
            return (source, first)
        }
        return nil
    }

    /// The names behind a pattern such as `hugetlb.*.current`: one for each page size.
    private static func names(
        _ pattern: String, _ hierarchy: MountedHierarchy, _ set: HierarchySet
    ) -> [(String, InstanceKey?)] {
        guard let star = pattern.firstIndex(of: "*") else { return [(pattern, nil)] }
        let suffix = pattern[pattern.index(after: star)...]
        return pageSizes(hierarchy, set).compactMap { size in
            Word.intern(size).map {
                (pattern[..<star] + size + suffix, InstanceKey(rawValue: $0))
            }
        }
    }

    /// Page sizes as the interface files spell them: from the file names of the hierarchy's root
    /// or of one of its children, since v2 has no such files at the root.
    private static func pageSizes(_ hierarchy: MountedHierarchy, _ set: HierarchySet) -> [String] {
        func sizes(in directory: [UInt8]) -> [String] {
            guard let opened = try? OwnedDescriptor.directory(directory),
                let entries = try? opened.entries(path: directory.pathText)
            else { return [] }
            let names = entries.filter { !$0.isDirectory }.map(\.name.pathText)
            return Set(
                names.filter { $0.hasPrefix("hugetlb.") }.map {
                    String($0.dropFirst(8).prefix { $0 != "." })
                }
            ).sorted()
        }
        let here = sizes(in: hierarchy.directory)
        if !here.isEmpty { return here }
        if let sys = set.system.sys,
            let pages = try? OwnedDescriptor.directory(sys + Array("/kernel/mm/hugepages".utf8)),
            let entries = try? pages.entries(path: "/sys/kernel/mm/hugepages")
        {
            // `hugepages-2048kB`
            let kilobytes = entries.compactMap {
                UInt64($0.name.pathText.dropFirst(10).dropLast(2))
            }
            return kilobytes.sorted().map { size in
                if size >= 1 << 20 { return "\(size >> 20)GB" }
                return size >= 1 << 10 ? "\(size >> 10)MB" : "\(size)KB"
            }
        }
        guard let opened = try? OwnedDescriptor.directory(hierarchy.directory),
            let entries = try? opened.entries(path: hierarchy.directory.pathText)
        else { return [] }
        return entries.lazy.filter(\.isDirectory).map {
            sizes(in: hierarchy.directory + [0x2f] + $0.name)
        }.first { !$0.isEmpty } ?? []
    }

    /// All metrics up to a tier.
    public static func metrics(upTo tier: Tier) -> [MetricID] {
        MetricCatalog.all.filter { $0.tier <= tier }.map(\.id)
    }
}
