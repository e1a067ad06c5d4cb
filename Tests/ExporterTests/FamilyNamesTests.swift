import CgroupModel
import Exporter
import TestSupport
import Testing

/// The names that dashboards and rules are written against.
@Suite struct FamilyNamesTests {
    /// Row by row; `{a,b}` is one name for each.
    private static let cgroupNames = [
        "cgroup_info", "cgroup_start_time_seconds", "cgroup_populated", "cgroup_frozen",
        "cgroup_descendants", "cgroup_dying_descendants",
        "cgroup_cpu_{usage,user,system}_seconds_total",
        "cgroup_cpu_{periods,throttled_periods,bursts}_total",
        "cgroup_cpu_{throttled,burst}_seconds_total", "cgroup_cpu_{quota,period}_seconds",
        "cgroup_cpu_{weight,shares}", "cgroup_percpu_usage_seconds_total",
        "cgroup_memory_{current,peak,min,low,high,max,soft_limit,effective_max}_bytes",
        "cgroup_memory_{anon,file,shmem,file_mapped,file_dirty,file_writeback}_bytes",
        "cgroup_memory_{inactive_anon,active_anon,inactive_file,active_file,unevictable}_bytes",
        "cgroup_memory_{kernel,slab_reclaimable,slab_unreclaimable,sock}_bytes",
        "cgroup_memory_swap_{current,max}_bytes",
        "cgroup_memory_{pgfault,pgmajfault,pgscan,pgsteal}_total",
        "cgroup_memory_workingset_refault_{anon,file}_total",
        "cgroup_memory_events_{low,high,max,oom,oom_kill,oom_group_kill}_total",
        "cgroup_memory_events_local_{low,high,max,oom,oom_kill,oom_group_kill}_total",
        "cgroup_pressure_{cpu,memory,io}_{waiting,stalled}_seconds_total",
        "cgroup_pressure_irq_stalled_seconds_total", "cgroup_pressure_average_ratio",
        "cgroup_io_{read,written,discarded}_bytes_total",
        "cgroup_io_{reads,writes,discards}_total",
        "cgroup_io_cost_{usage,wait,indebt,indelay}_seconds_total",
        "cgroup_io_max_{read,write}_bytes_per_second", "cgroup_io_max_{reads,writes}_per_second",
        "cgroup_pids_{current,max,peak}", "cgroup_pids_events_max_total",
        "cgroup_hugetlb_{current,max}_bytes", "cgroup_hugetlb_events_max_total",
        "cgroup_memory_stat", "cgroup_processes", "cgroup_controller_{cgroups,dying_cgroups}",
        "cgroup_memory_{,local_}numa_{total,file,anon,unevictable}_bytes",
        "cgroup_dmem_{current,peak,max,low,min,capacity}_bytes",
    ].flatMap(expanded)

    private static let programNames = [
        "cgwarden_build_info", "cgwarden_scrape_duration_seconds",
        "cgwarden_collector_{duration_seconds,success,errors_total,skipped_rows_total}",
        "cgwarden_last_sample_timestamp_seconds", "cgwarden_cgroups", "cgwarden_series",
        "cgwarden_cgroups_dropped", "cgwarden_oom_kills_total",
    ].flatMap(expanded)

    private static func expanded(_ pattern: String) -> [String] {
        guard let open = pattern.firstIndex(of: "{"), let close = pattern.firstIndex(of: "}")
        else { return [pattern] }
        let choices = pattern[open..<close].dropFirst().split(
            separator: ",", omittingEmptySubsequences: false)
        return choices.flatMap { choice in
            expanded("\(pattern[..<open])\(choice)\(pattern[close...].dropFirst())")
        }
    }

    /// A cgroup with every metric.
    private static func everything(_ format: ExpositionFormat) throws -> ParsedExposition {
        var builder = SnapshotBuilder()
        let plain = MetricCatalog.all.filter { $0.dimension == nil && $0.kind != .text }
        builder.add("/a", Dictionary(uniqueKeysWithValues: plain.map { ($0.name, Reading(1)) }))
        for metric in MetricCatalog.all where metric.dimension != nil {
            builder.instance(metric.name, ExporterFixtures.disk, 1)
        }
        builder.health.collectors = Collector.allCases.map { CollectorHealth($0) }
        let ledger = ExportLedger()
        ledger.enter(builder.build())
        var encoder = ExporterFixtures.encoder(.everything)
        encoder.encode(
            builder.build(), process: ExporterFixtures.process, programFamilies: ledger.families,
            elapsed: { Reading(1_000_000) }, as: format)
        return try ParsedExposition(
            String(decoding: encoder.bytes, as: UTF8.self), openMetrics: format == .openMetrics)
    }

    @Test(arguments: ExpositionFormat.allCases)
    func everyFamilyIsExportedUnderItsNameOnly(format: ExpositionFormat) throws {
        let names = Set(try Self.everything(format).samples.map(\.name))
        let cgroup = names.filter { $0.hasPrefix("cgroup_") }
        #expect(Self.cgroupNames.count == Set(Self.cgroupNames).count)
        #expect(cgroup.subtracting(Self.cgroupNames).isEmpty)
        #expect(Set(Self.cgroupNames).subtracting(cgroup).isEmpty)
        #expect(Set(Self.programNames).subtracting(names).isEmpty)
    }

    @Test func onlyMultiValueSeriesHaveExtraLabels() throws {
        let labels = try Self.everything(.text).labelNames
        #expect(
            labels["cgroup_pressure_average_ratio"] == ["cgroup", "resource", "kind", "window"])
        #expect(labels["cgroup_percpu_usage_seconds_total"] == ["cgroup", "cpu"])
        #expect(labels["cgroup_hugetlb_max_bytes"] == ["cgroup", "pagesize"])
        #expect(labels["cgroup_memory_stat"] == ["cgroup", "key"])
        #expect(labels["cgroup_memory_numa_anon_bytes"] == ["cgroup", "node"])
        #expect(labels["cgroup_controller_dying_cgroups"] == ["cgroup", "controller"])
        for (name, labels) in labels where name.hasPrefix("cgroup_io_") {
            #expect(labels == ["cgroup", "device"], "\(name)")
        }
        #expect(labels["cgroup_memory_current_bytes"] == ["cgroup"])
    }
}
