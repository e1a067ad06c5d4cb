import ArgumentParser
import CgroupModel
import Hierarchy
import KernelIO
import Service

#if Exporter
import Exporter
#endif

/// Measures the sampler by itself and the rendering of a sample, for `make bench`.
struct BenchSweepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-sweep",
        abstract: "Measure the CPU time of one sampling pass.", shouldDisplay: false)

    @OptionGroup var options: SystemOptions
    @Option(help: "The topmost cgroup to sample.") var rootCgroup = "/"
    @Option(name: .customShort("n"), help: "Number of passes.") var passes = 20
    @Flag(help: "Read every file in every pass, as stat does.") var everything = false
    @Option(help: "Write the paths of all files read to this file.")
    var listFiles: String?

    func run() async throws {
        var configuration = SamplerConfiguration()
        configuration.scope = SampleScope(subtree: CgroupPath(rootCgroup))
        configuration.readsEverything = everything
        let observation = try Observation(
            options.system, metrics: ReadPlan.metrics(upTo: .settings), configuration: configuration
        )
        let sampler = observation.sampler
        let multiple = Sampler.costlyMultiple(interval: 1)
        await sampler.setCostlyMultiple(multiple)
        // Whole rounds, so that costly passes count as often as they occur.
        let passes = Int(multiple) * max(1, (passes + Int(multiple) - 1) / Int(multiple))
        for _ in 0..<(Int(multiple) * 2) { _ = await sampler.sample() }
        if let listFiles {
            var list: [UInt8] = []
            for (tier, path) in await sampler.usualFiles() {
                list += Array("\(tier) ".utf8) + path + [UInt8(ascii: "\n")]
            }
            try StandardOutput.write(list, toFile: listFiles)
        }
        let filesBefore = await sampler.filesRead
        let before = MonotonicClock.processCPUNanoseconds
        var last = await sampler.sample()
        for _ in 1..<passes { last = await sampler.sample() }
        let spent = Double(MonotonicClock.processCPUNanoseconds - before) / 1e9
        let runs = Double(passes)
        let resident = ProcessMemory.current.resident.value ?? 0
        var json = JSONWriter()
        json.object { json in
            json.member("cgroups", UInt64(last.cgroups.count))
            json.member("files", UInt64(Double(last.health.filesRead - filesBefore) / runs))
            json.member("costly_multiple", multiple)
            json.member("descriptors", last.health.descriptors)
            json.key("cpu_seconds_per_sweep")
            json.literal(DecimalText.fixed(spent / runs, places: 9))
            json.member("resident_bytes", resident)
            #if Exporter
            json.key("cpu_seconds_per_exposition")
            json.literal(DecimalText.fixed(Self.exposition(of: last, passes), places: 9))
            #endif
        }
        json.newline()
        try StandardOutput.write(json.bytes)
    }

    #if Exporter
    /// The CPU seconds that rendering one sample for Prometheus takes.
    private static func exposition(of snapshot: Snapshot, _ passes: Int) -> Double {
        var selection = ExportSelection()
        selection.mostCgroups = .max
        var encoder = ExpositionEncoder(version: "bench", selection: selection) { _ in nil }
        encoder.encode(snapshot, process: ProcessSample(), as: .text)
        let before = MonotonicClock.processCPUNanoseconds
        for _ in 0..<passes { encoder.encode(snapshot, process: ProcessSample(), as: .text) }
        return Double(MonotonicClock.processCPUNanoseconds - before) / 1e9 / Double(passes)
    }
    #endif
}
