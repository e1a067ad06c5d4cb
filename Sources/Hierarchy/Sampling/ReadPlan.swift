package import CgroupModel
internal import KernelIO

/// An interface file that the sampler reads, and its hierarchy.
struct PlannedFile: Sendable {
    let hierarchy: Int
    /// The hierarchy with a better source of the same metrics; this file is only read for cgroups
    /// that do not exist there.
    let standsInFor: Int?
    let tier: Tier
    let layout: FileLayout

    /// Whether the file is read for a cgroup, depending on the hierarchies in which it exists.
    func applies(to cgroup: ShardRow) -> Bool {
        cgroup.inodes[hierarchy] != 0 && (standsInFor.map { cgroup.inodes[$0] == 0 } ?? true)
    }
}

/// The files to read for the requested metrics on this host.
///
/// They follow from the catalog: v1 sources for controllers mounted as v1, v2 sources for all
/// others.
package struct ReadPlan: Sendable {
    /// The columns of the snapshots.
    package let schema: Schema
    let files: [PlannedFile]
    /// Metrics that this kernel counts only for the cgroup itself, although they should include its
    /// descendants.
    package let withoutDescendants: Set<MetricID>

    /// Plans the requested metrics; leaves out those that no mounted hierarchy has.
    package init(_ metrics: some Sequence<MetricID>, on set: HierarchySet) {
        var wanted = Set(metrics)
        // v1 limits the sum of RAM and swap; the swap limit is the difference.
        let derivesSwap = wanted.contains(.memorySwapMax) && set.legacy(.memory) != nil
        if derivesSwap { wanted.formUnion([.memoryAndSwapMax, .memoryMax]) }
        var places: [Place] = []
        for id in wanted.sorted() { places += Self.places(of: MetricCatalog[id], on: set) }
        let columns = places.map(\.metric.id) + (derivesSwap ? [.memorySwapMax] : [])
        let schema = Schema(columns)
        self.schema = schema
        withoutDescendants = Set(
            places.filter { $0.metric.olderV1.contains($0.source) }.map(\.metric.id))
        files = Dictionary(grouping: places, by: \.key).flatMap { key, members -> [PlannedFile] in
            let fields = members.flatMap {
                FieldLayout.fields(
                    of: $0.metric, source: $0.source, column: schema.column(of: $0.metric.id),
                    raises: $0.raises)
            }
            let tier = members.map(\.metric.tier).min() ?? .detail
            let format = InterfaceFormat.of(members[0].metric, members[0].source)
            let hierarchy = set.hierarchies[key.hierarchy]
            return Self.names(key.file, hierarchy, set).map { name, instance in
                PlannedFile(
                    hierarchy: key.hierarchy, standsInFor: key.standsInFor, tier: tier,
                    layout: FileLayout(
                        name: Array(hierarchy.fileName(name).utf8), format: format, fields: fields,
                        instance: instance))
            }
        }.sorted {
            // The files of a directory follow one another, so that it is opened once.
            ($0.hierarchy, $0.tier.rawValue, $0.layout.name.pathText)
                < ($1.hierarchy, $1.tier.rawValue, $1.layout.name.pathText)
        }
    }

    /// The source of a metric.
    private struct Place {
        struct Key: Hashable {
            let file: String
            let hierarchy: Int
            let standsInFor: Int?
        }

        let metric: Metric
        let source: Source
        /// See ``FieldLayout/raises``.
        let raises: Bool
        let key: Key

        init(
            _ metric: Metric, _ source: Source, _ hierarchy: Int, standingInFor: Int? = nil,
            raises: Bool = false
        ) {
            self.metric = metric
            self.source = source
            self.raises = raises
            key = Key(file: source.file, hierarchy: hierarchy, standsInFor: standingInFor)
        }
    }

    /// The sources of a metric.
    ///
    /// The v1 hierarchy with the controller comes first. The unified hierarchy serves cgroups that
    /// exist only there, or is used alone if no v1 hierarchy has the controller. For a metric that
    /// either hierarchy can make true, the unified hierarchy is read for all cgroups.
    private static func places(of metric: Metric, on set: HierarchySet) -> [Place] {
        var places: [Place] = []
        let legacy = metric.controller == .core ? nil : set.legacy(metric.controller)
        if let legacy, let first = metric.v1 {
            let source = source([first] + metric.olderV1, in: set.hierarchies[legacy])
            places.append(Place(metric, source, legacy))
        }
        if let source = metric.v2, let unified = set.unified,
            set.hierarchies[unified].hasFile(source.file, of: metric.controller)
        {
            places.append(Place(metric, source, unified, standingInFor: legacy))
            // The unified hierarchy comes last, so the file of v1 has been read by then.
            if metric.isEither, legacy != nil {
                places.append(Place(metric, source, unified, raises: true))
            }
        }
        if places.isEmpty, metric.controller == .core, let source = metric.v1,
            let first = set.byIdentity.first(where: { set.hierarchies[$0].version == .legacy })
        {
            places.append(Place(metric, source, first))
        }
        return places
    }

    /// The first source whose file the kernel has; the first of all if it has none.
    private static func source(_ sources: [Source], in hierarchy: MountedHierarchy) -> Source {
        guard sources.count > 1 else { return sources[0] }
        return sources.first { hierarchy.hasFileAtTop($0.file) } ?? sources[0]
    }

    /// The file names that match a pattern such as `hugetlb.*.current`: one for each page size.
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

    /// The huge page sizes as spelled in interface file names.
    ///
    /// They come from the files of the root cgroup, else from `/sys/kernel/mm/hugepages`, else from
    /// the files of one of the root's children: v2 has none of these files at the root.
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
            sizes(in: hierarchy.directory + [UInt8(ascii: "/")] + $0.name)
        }.first { !$0.isEmpty } ?? []
    }

    /// All metrics up to a tier.
    package static func metrics(upTo tier: Tier) -> [MetricID] {
        MetricCatalog.all.filter { $0.tier <= tier }.map(\.id)
    }
}
