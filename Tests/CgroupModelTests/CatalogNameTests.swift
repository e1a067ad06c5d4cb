import CgroupModel
import Testing

@Suite struct CatalogNameTests {
    private let host = HostFacts(
        memoryBytes: 8 << 30, cpus: RangeList(0..<4), nodes: [0: RangeList(0..<2)])

    @Test func everyNameMeansOneRow() {
        for metric in MetricCatalog.all {
            #expect(CatalogName(metric.name)?.canonical == metric.name)
            for alias in metric.aliases {
                let known = CatalogName(alias)
                #expect(known?.metric?.id == metric.id && known?.isRate == false, "\(alias)")
                #expect(known?.note == "\(alias) is an old name; use \(metric.name)")
            }
            #expect(metric.kind == .counter || metric.rateAliases.isEmpty, "\(metric.name)")
            for alias in metric.rateAliases {
                let known = CatalogName(alias)
                #expect(known?.metric?.id == metric.id && known?.isRate == true, "\(alias)")
                #expect(known?.note == "\(alias) is an old name; use \(metric.name).rate")
            }
        }
        for limit in LimitCatalog.all {
            #expect(CatalogName(limit.name)?.canonical == limit.name)
            for alias in limit.aliases {
                #expect(CatalogName(alias)?.limit?.name == limit.name, "\(alias)")
                #expect(CatalogName(alias)?.note == "\(alias) is an old name; use \(limit.name)")
            }
        }
    }

    @Test func formerNameOfOneRowIsNoNameOfAnother() {
        let canonical = MetricCatalog.all.map(\.name) + LimitCatalog.all.map(\.name)
        let former =
            MetricCatalog.all.flatMap { $0.aliases + $0.rateAliases }
            + LimitCatalog.all.flatMap(\.aliases)
        #expect(Set(canonical).isDisjoint(with: former))
        #expect(Set(former).count == former.count)
    }

    /// A limit has the name of the metric that shows it; only device rules have no metric.
    @Test func limitAndItsMetricHaveOneName() {
        let alone = LimitCatalog.all.map(\.name).filter { MetricCatalog.metric(named: $0) == nil }
        #expect(alone == ["devices.allow", "devices.deny"])
    }

    /// The name is v2's file, with the key in it; `.stat` and a page size are left out.
    @Test func namesAreThoseOfV2() {
        let own: Set = [
            "cgroup.populated", "cgroup.frozen", "cgroup.frozen_usec", "cgroup.processes",
            "cpu.max", "cpu.max.period",
            "io.weight.device", "io.bfq.weight.device", "io.weight", "io.bfq.weight",
        ]
        for metric in MetricCatalog.all where !own.contains(metric.name) {
            guard let source = metric.v2 else { continue }
            let name = ([source.file] + (source.key.map { [$0] } ?? [])).joined(separator: ".")
                .replacing(".stat.", with: ".").replacing("_stat.", with: ".")
                .replacing("hugetlb.*.", with: "hugetlb.")
            // The keys of iocost and those for debugging are marked, and times have their unit.
            let isMarked = ["io.cost.", "io.debug."].contains { metric.name.hasPrefix($0) }
            #expect(isMarked || metric.name == name, "\(metric.name) is \(name) on v2")
        }
    }

    @Test(arguments: [
        ("memory.usage_in_bytes", "memory.current"), ("memory.limit_in_bytes", "memory.max"),
        ("memory.memsw.limit_in_bytes", "memory.memsw.max"),
        ("memory.soft_limit_in_bytes", "memory.soft_limit"), ("cpuacct.usage", "cpu.usage_usec"),
        ("cpu.cfs_quota_us", "cpu.max"), ("cpu.cfs_period_us", "cpu.max.period"),
        ("blkio.throttle.write_bps_device", "io.max.wbps"), ("io.latency", "io.latency.target"),
        ("cpuset.effective_cpus", "cpuset.cpus.effective"), ("pids.events", "pids.events.max"),
    ])
    func kernelFileIsANameWithoutANote(file: String, row: String) {
        #expect(CatalogName(file)?.canonical == row)
        #expect(CatalogName(file)?.note == nil)
    }

    /// A file with values of several rows means none of them.
    @Test(arguments: ["memory.stat", "io.max", "cpu.stat", "memory.events", "nothing", ""])
    func fileOfSeveralRowsIsNoName(file: String) { #expect(CatalogName(file) == nil) }

    @Test func everyFileOfV1SetsItsLimit() {
        for limit in LimitCatalog.all {
            for file in limit.v1 where file.field == nil && !file.name.contains("*") {
                #expect(CatalogName(file.name)?.limit?.name == limit.name, "\(file.name)")
            }
        }
    }

    @Test(arguments: [
        ("cpu.shares=512", "cpu.weight", LimitValue.number(50)),
        ("cpu.shares=1024", "cpu.weight", .number(100)),
        ("blkio.bfq.weight=1000", "io.weight", .number(10_000)),
        ("memory.limit_in_bytes=-1", "memory.max", .unlimited),
        ("memory.limit_in_bytes=1GiB", "memory.max", .number(1 << 30)),
        ("memory.total=1GiB", "memory.memsw.max", .number(1 << 30)),
        ("cpu.cfs_quota_us=-1", "cpu.max", .unlimited),
        ("io.latency=8:0:10ms", "io.latency.target", .number(10_000)),
        ("net.prio=eth0:3", "net_prio.ifpriomap", .number(3)),
        ("hugetlb.2MB.limit_in_bytes=4MiB", "hugetlb.max", .number(4 << 20)),
    ])
    func valueIsReadInTheUnitOfTheName(text: String, limit: String, value: LimitValue) throws {
        let request = try LimitRequest.all(parsing: text, host: host)[0]
        #expect(request.limit.name == limit)
        #expect(request.value == value)
    }

    @Test func formerNameIsNotedInARequest() throws {
        let former = try LimitRequest.all(parsing: "memory.soft=1GiB", host: host)[0]
        #expect(former.note == "memory.soft is an old name; use memory.soft_limit")
        for text in ["memory.soft_limit=1GiB", "memory.soft_limit_in_bytes=1GiB"] {
            #expect(try LimitRequest.all(parsing: text, host: host)[0].note == nil)
        }
    }

    /// Each name of a row that is no limit is refused by the row's canonical name.
    @Test func metricThatIsNoLimitIsReadOnly() {
        for metric in MetricCatalog.all {
            for name in [metric.name] + CatalogName.others(of: metric) {
                guard CatalogName(name)?.limit == nil else { continue }
                let error = #expect(throws: LimitError.self) {
                    try LimitRequest.all(parsing: "\(name)=1", host: host)[0]
                }
                let text = error?.description ?? ""
                #expect(
                    text.contains("\(metric.name), which is read only")
                        || text.hasPrefix("\(metric.name) is read only"), "\(text)")
            }
        }
    }

    @Test func mistypedNameGetsASuggestion() {
        #expect(
            CatalogName.refusal(ofMetric: "memory.usgae").hasPrefix(
                "unknown field memory.usgae; did you mean 'memory.current'"))
        #expect(
            CatalogName.refusal(ofLimit: "memory.mx").hasPrefix(
                "unknown limit memory.mx; did you mean 'memory.max' or 'memory.min'"))
        #expect(
            CatalogName.refusal(ofMetric: "cpu.max.p")
                == "unknown field cpu.max.p; did you mean 'cpu.max.period'?")
        #expect(CatalogName.refusal(ofMetric: "completely_else").contains("--list-fields"))
        #expect(CatalogName.refusal(ofMetric: "devices.allow") == "devices.allow is write only")
    }
}
