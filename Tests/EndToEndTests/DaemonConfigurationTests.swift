import CgroupModel
import Configuration
import Foundation
import KernelIO
import Testing

@testable import History
@testable import Service

@Suite struct DaemonConfigurationTests {
    private func read(_ text: String) throws -> DaemonConfiguration {
        try DaemonConfiguration(Array(text.utf8), file: "c.yaml")
    }

    @Test func shippedFileStatesTheDefaults() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "config/cgwarden.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(try read(text) == DaemonConfiguration())
        #expect(try read("") == DaemonConfiguration())
        // The keys that are commented out can be used as they stand.
        let all = text.replacing("# interval:", with: "interval:")
            .replacing("# state_dir:", with: "state_dir:")
            .replacing("# journal:", with: "journal:")
            .replacing("# directory:", with: "directory:")
        var expected = DaemonConfiguration()
        expected.interval = .seconds(1)
        expected.stateDirectory = "/run/cgwarden"
        expected.events.journal = "/run/cgwarden/events"
        expected.history.directory = HistorySettings.usual
        #expect(try read(all) == expected)
    }

    @Test func everyKeyIsAccepted() throws {
        let configuration = try read(
            """
            interval: 500ms
            policy: /p.yaml
            state_dir: /s
            log_level: debug
            log_format: json
            dry_run: true
            web:
              listen_address: ""
              telemetry_path: /m
              config_file: /w.yml
              systemd_socket: true
              max_requests: 0
              disable_exporter_metrics: true
            audit: {file: "", max_size: 1MiB, keep: 0, journald: false}
            metrics: {profile: basic, depth: 3, include: ["/a/**"], exclude: ["/a/b"],
              exclude_device: [], idle_devices: true, per_cpu: true, io_cost: false,
              max_cgroups: 10, inline_labels: [pod, unit]}
            history: {directory: "", every_sample: 2h, every_10s: 3h, every_minute: 4h,
              max_size: 5MiB, recording: /r, max_recording: 2GiB}
            events: {journal: "", max_size: 1MiB, max_age: 2h}
            """)
        #expect(configuration.interval == .milliseconds(500))
        #expect(configuration.policies == ["/p.yaml"])
        #expect(configuration.stateDirectory == "/s")
        #expect(configuration.logLevel == "debug")
        #expect(configuration.logFormat == "json")
        #expect(configuration.isDryRun)
        #expect(configuration.web.addresses.isEmpty)
        #expect(configuration.web.telemetryPath == "/m")
        #expect(configuration.web.configurationFile == "/w.yml")
        #expect(configuration.web.usesPassedSockets)
        #expect(configuration.web.mostRequests == 0)
        #expect(configuration.web.omitsOwnMetrics)
        #expect(configuration.audit.file.isEmpty)
        #expect(configuration.audit.largestFile == 1 << 20)
        #expect(configuration.audit.kept == 0)
        #expect(!configuration.audit.usesJournald)
        var metrics = ExportSelection()
        metrics.profile = .basic
        metrics.extras = [.perCPU]
        metrics.depth = 3
        metrics.include = [try #require(Glob("/a/**", separator: "/"))]
        metrics.exclude = [try #require(Glob("/a/b", separator: "/"))]
        metrics.excludedDevices = []
        metrics.hasIdleDevices = true
        metrics.mostCgroups = 10
        metrics.inlineLabels = [.unit, .pod]
        #expect(configuration.metrics == metrics)
        #expect(configuration.history.path(isHostDaemon: true) == nil)
        #expect(DaemonConfiguration().history.path(isHostDaemon: true) == HistorySettings.usual)
        #expect(DaemonConfiguration().history.path(isHostDaemon: false) == nil)
        let tiers = configuration.history.bounds.tiers(in: "/h")
        #expect(tiers.map(\.path) == ["/h/fine", "/h/medium", "/h/coarse"])
        #expect(tiers.map(\.bounds.age) == [7200, 10_800, 14_400])
        #expect(tiers.compactMap(\.bounds.bytes).reduce(0, +) == 5 << 20)
        #expect(configuration.history.recording == "/r")
        #expect(configuration.history.largestRecording == 2 << 30)
        #expect(configuration.events.path(in: "/s") == nil)
        #expect(DaemonConfiguration().events.path(in: "/s") == "/s/events")
        #expect(configuration.events.largestJournal == 1 << 20)
        #expect(configuration.events.longest == .seconds(7200))
    }

    @Test(arguments: [
        ("intervall: 1s", "c.yaml:1:1: unknown key 'intervall'; did you mean 'interval'?"),
        ("interval: 1", "c.yaml:1:11: interval must be a time with its unit"),
        ("interval: 1ms", "c.yaml:1:11: interval must be a time with its unit"),
        ("policy: a.yaml", "c.yaml:1:9: policy must be an absolute path"),
        ("audit: {max_size: 10}", "c.yaml:1:19: audit.max_size must be an amount with its unit"),
        ("audit: {keep: -1}", "c.yaml:1:15: audit.keep must be a number from 0 to 1000"),
        ("metrics: {profile: most}", "c.yaml:1:20: metrics.profile cannot be 'most'"),
        (
            "metrics: {include: [a]}",
            "c.yaml:1:21: metrics.include: a pattern for cgroups must begin"
        ),
        ("metrics: {exclude_device: ['[']}", "c.yaml:1:28: metrics.exclude_device: a bracket"),
        ("metrics: {max_cgroups: 0}", "c.yaml:1:24: metrics.max_cgroups must be a number from 1"),
        ("metrics: {inline_labels: [cgroup]}", "c.yaml:1:27: metrics.inline_labels cannot be"),
        ("dry_run: yes", "c.yaml:1:10: dry_run cannot be 'yes'"),
        ("events: {max_age: 1s}", "c.yaml:1:19: events.max_age must be a time with its unit"),
        ("history: {every_10s: 1s}", "c.yaml:1:22: history.every_10s must be a time with its unit"),
        ("history: {max_size: 1KiB}", "c.yaml:1:21: history.max_size must be at least 1MiB"),
        ("history: {directory: h}", "c.yaml:1:22: history.directory must be an absolute path"),
        (
            "web:\n  listen_address: [':1', 'a b']",
            "c.yaml:2:26: web.listen_address: 'a b' is not a listen address; write 127.0.0.1:"
        ),
        ("web: {listen_address: nowhere}", "c.yaml:1:23: web.listen_address: 'nowhere' is not"),
        (
            "web: {allowed_hosts: ['a:80']}",
            "c.yaml:1:23: web.allowed_hosts: 'a:80' is not a host name; write node7."
        ),
        ("web: [a]", "c.yaml:1:6: web must be a mapping"),
        ("log_level: {a: b}", "c.yaml:1:12: log_level must be one value, not a mapping"),
    ])
    func errorIsReportedWithItsPosition(text: String, message: String) throws {
        do {
            _ = try read(text)
            Issue.record("\(text) was taken")
        } catch let error as ConfigError {
            #expect(error.description.hasPrefix(message), "\(error)")
        }
    }
}
