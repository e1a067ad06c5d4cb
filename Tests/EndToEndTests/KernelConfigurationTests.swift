import Foundation
import TestSupport
import Testing

/// The effects of the keys of `cgwarden.yaml`.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelConfigurationTests {
    /// The test that shows the effect of each key.
    private static let tests: [String: String] = [
        "interval": own, "policy": own, "state_dir": own, "dry_run": own,
        "log_level": "KernelConfigurationTests.logLevelOfTheFileIsUsed",
        "log_format": "KernelConfigurationTests.logFormatOfTheFileIsUsed",
        "web.listen_address": own, "web.telemetry_path": own,
        "web.disable_exporter_metrics": own,
        "web.config_file": "SecureServingTests.metricsNeedACertificateAndAPassword",
        "web.systemd_socket": "SecureServingTests.exporterUsesASystemdSocket",
        "web.max_requests": "HostileClientTests.moreRequestsThanAllowedAreRefused",
        "web.max_connections": "HostileClientTests.idleConnectionsYieldToNewOnes",
        "web.max_streams": "StreamTests.readersAreLimitedAndSlotsReleased",
        "web.allowed_hosts": "HostCheckTests.addressesAndOwnNamesAreAllowed",
        "metrics.profile": "ServingSelectionTests.basicProfileReadsFewerFiles",
        "metrics.depth": own, "metrics.include": own, "metrics.exclude": own,
        "metrics.exclude_device":
            "SelectionTests.idleAndMemoryBackedDevicesHaveNoSeries",
        "metrics.idle_devices": "SelectionTests.idleAndMemoryBackedDevicesHaveNoSeries",
        "metrics.per_cpu": "SelectionTests.profileReadsOnlyItsMetrics",
        "metrics.pressure_averages": "SelectionTests.profileReadsOnlyItsMetrics",
        "metrics.io_cost": "SelectionTests.profileReadsOnlyItsMetrics",
        "metrics.memory_stat": "SelectionTests.memoryStatOptionExportsAllKeys",
        "metrics.controllers": "SelectionTests.profileReadsOnlyItsMetrics",
        "metrics.numa": "SelectionTests.profileReadsOnlyItsMetrics",
        "metrics.processes": "SelectionTests.profileReadsOnlyItsMetrics",
        "metrics.max_cgroups": own, "metrics.inline_labels": own,
        "audit.file": own, "audit.max_size": "AuditLogTests.logIsRotatedAndOldFilesAreLimited",
        "audit.keep": "AuditLogTests.logIsRotatedAndOldFilesAreLimited",
        "audit.journald": "AuditLogTests.linesAreAppendedAndPrivate",
        "history.recording": own,
        "history.directory":
            "KernelHistoryTests.daemonWithAnotherStateDirectoryKeepsNoneUnlessTold",
        "history.every_sample": "HistoryStoreTests.agesAndSizeBoundEachTier",
        "history.every_10s": "HistoryStoreTests.agesAndSizeBoundEachTier",
        "history.every_minute": "HistoryStoreTests.agesAndSizeBoundEachTier",
        "history.max_size": "HistoryStoreTests.agesAndSizeBoundEachTier",
        "events.journal": "KernelEventStoreTests.eventsOfADaemonAreShownAfterItsCrash",
        "events.max_size": "EventJournalTests.oldestPartIsDroppedAtTheSizeLimit",
        "events.max_age": "EventJournalTests.oldestPartIsDroppedAtTheAgeLimit",
        "history.max_recording": "RecorderTests.oldestPartIsDroppedAtTheSizeLimit",
    ]
    private static let own = "KernelConfigurationTests.daemonFollowsItsConfigurationFile"

    @Test func everyKeyHasATestOfItsEffect() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = tests.appending(path: "../config/cgwarden.yaml").standardized
        var section = ""
        var keys: Set<String> = []
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            guard let match = line.firstMatch(of: /^( *)(?:# )?([a-z0-9_]+):( |$)/),
                match.2 != "true"
            else { continue }
            if !match.1.isEmpty {
                keys.insert("\(section).\(match.2)")
            } else if line.hasSuffix(":"), match.2 != "policy" {
                section = String(match.2)
            } else {
                keys.insert(String(match.2))
            }
        }
        #expect(keys.count > 25, "\(keys)")
        #expect(keys.subtracting(Self.tests.keys).sorted() == [])
        #expect(Set(Self.tests.keys).subtracting(keys).sorted() == [])
        let names = try FileManager.default.subpathsOfDirectory(atPath: tests.path())
        let text = try names.filter { $0.hasSuffix("Tests.swift") }.map {
            try String(contentsOf: tests.appending(path: $0), encoding: .utf8)
        }.joined()
        for test in Set(Self.tests.values) {
            let parts = test.split(separator: ".")
            let isThere =
                ["struct", "class"].contains { text.contains("\($0) \(parts[0])") }
                && text.contains("func \(parts[1])(")
            #expect(isThere, "\(test)")
        }
    }

    @Test func daemonFollowsItsConfigurationFile() throws {
        let cgroup = try ProgramCgroup("-kept")
        let other = try ProgramCgroup("-other")
        let child = try ProgramCgroup(bytes: Array("child".utf8), below: cgroup)
        let original = cgroup.text("pids.max")
        let places = try DaemonPlaces(
            """
            groups: {g: {path: "\(cgroup.path)", populated: any}}
            limits: [{on: g, set: {pids.max: 321}}]

            """)
        let recording = "\(places.folder)/day.rec"
        try places.write(
            """
            interval: 300ms
            policy: \(places.policy)
            state_dir: \(places.state)
            dry_run: true
            web:
              listen_address: 127.0.0.1:0
              telemetry_path: /numbers
              disable_exporter_metrics: true
            metrics:
              include: ["\(cgroup.path)", "\(cgroup.path)/**", "\(other.path)"]
              exclude: ["/**-other"]
              depth: 1
              max_cgroups: 1
              inline_labels: [kind]
            audit: {file: \(places.audit), journald: false}
            history: {recording: \(recording)}

            """, to: places.config)
        let run = try ProgramRun(ProgramRun.cgwarden, ["daemon", "--config", places.config])
        let port = try awaiting("it tells its port; it said: \(run.errors)") { () -> Int? in
            guard run.isRunning else { throw ProgramTrouble("ended: \(run.errors)") }
            return ServingProgram.port(in: run.errors, at: "/numbers")
        }
        let server = ServingProgram(run, port: port)
        try awaiting("it has ticked") {
            try places.command(["status"]).output.contains("every 300ms")
        }
        let status = try places.command(["status"]).output
        #expect(status.contains("1 standing limit") && status.contains("dry run"), "\(status)")
        try awaiting("the limit was decided") { !places.records.isEmpty }
        #expect(cgroup.text("pids.max") == original)
        #expect(try server.get("/metrics").status == 404)
        let text = try server.get("/numbers").text
        #expect(!text.contains("process_cpu_seconds_total"))
        let series = text.split(separator: "\n").filter { $0.hasPrefix("cgroup_pids_current{") }
        #expect(series.count == 1, "\(series)")
        #expect(series.first?.contains("\"\(cgroup.path)\"") == true, "\(series)")
        #expect(series.first?.contains("kind=\"") == true, "\(series)")
        #expect(!text.contains(other.path) && !text.contains(child.path))
        run.send(SIGTERM)
        #expect(try run.result().status == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: places.folder)
        #expect(names.contains { $0.hasPrefix("day.rec") }, "\(names)")
    }

    @Test(arguments: [("info", true), ("error", false)])
    func logLevelOfTheFileIsUsed(level: String, isLoud: Bool) throws {
        let places = try DaemonPlaces("")
        try places.write(
            "log_level: \(level)\naudit: {journald: false}\nweb: {listen_address: 127.0.0.1:0}\n",
            to: places.config)
        let result = try places.command(["daemon", "-n", "1"] + places.options)
        #expect(result.status == 0)
        #expect(result.errors.contains("serving ") == isLoud, "\(result.errors)")
        let started = result.errorLines.first { $0.contains("msg=started ") }
        #expect((started != nil) == isLoud, "\(result.errors)")
        for part in [" dry_run=false", " limits=0", " rules=0", " revision="] where isLoud {
            #expect(started?.contains(part) == true, "\(result.errors)")
        }
    }

    @Test func logFormatOfTheFileIsUsed() throws {
        let places = try DaemonPlaces("")
        try places.write(
            "log_format: json\naudit: {journald: false}\nweb: {listen_address: 127.0.0.1:0}\n",
            to: places.config)
        let result = try places.command(["daemon", "-n", "1"] + places.options)
        #expect(result.status == 0)
        for line in result.errorLines {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            #expect((object as? [String: String])?["time"] != nil, "\(line)")
        }
        #expect(result.errors.contains("\"msg\":\"started\""), "\(result.errors)")
    }
}
