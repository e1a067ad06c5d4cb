import CgroupModel
import Exporter
import Testing

/// Our expositions in third-party parsers.
@Suite struct ValidatorTests {
    @Test(
        .enabled(
            if: Tool.promtool, "promtool is not installed (Debian: apt-get install prometheus)"),
        arguments: Example.allCases)
    func promtoolAcceptsTheText(example: Example) throws {
        let text = ExporterFixtures.text(example.snapshot, .text, .labelled)
        let result = try Tool.run("promtool", ["check", "metrics"], input: Array(text.utf8))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.isEmpty)
    }

    @Test(
        .enabled(
            if: Tool.openMetricsParser,
            "python3 has no prometheus_client (pip install prometheus_client)"),
        arguments: Example.allCases)
    func referenceParserReadsOpenMetricsAsWeDo(example: Example) throws {
        let script = """
            import sys
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
            text = sys.stdin.buffer.read().decode()
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    if sample.name == "cgroup_memory_current_bytes":
                        sys.stdout.buffer.write(sample.labels["cgroup"].encode() + b"\\0")
            """
        let text = ExporterFixtures.text(example.snapshot, .openMetrics, .labelled)
        let result = try Tool.run("python3", ["-c", script], input: Array(text.utf8))
        #expect(result.status == 0, "\(result.errors)")
        let names = result.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        let parsed = try ParsedExposition(text, openMetrics: true)
        let ours = parsed.samples.filter { $0.name == "cgroup_memory_current_bytes" }
            .compactMap { $0.labels["cgroup"] }
        #expect(names == ours)
        #expect(!names.isEmpty)
    }
}

extension ExportSelection {
    /// All families, with further labels on each series.
    fileprivate static var labelled: ExportSelection {
        var selection = everything
        selection.inlineLabels = IdentityLabel.allCases
        return selection
    }
}
