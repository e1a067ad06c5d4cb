import CgroupModel
import Events
import Hierarchy
import KernelIO

extension FuzzTarget {
    static let kernelText: [FuzzTarget] = [
        FuzzTarget("interface-file", interfaceFile),
        FuzzTarget("proc-pid") { bytes in
            _ = try? ProcessStat(parsing: bytes)
            _ = try? ProcessStatus(parsing: bytes)
            _ = ProcessCommandLine(parsing: bytes, name: "name")
            _ = SecurityLabel(parsing: bytes)
            for kind in NamespaceKind.allCases { _ = NamespaceLinks.inode(of: kind, link: bytes) }
            let pids = ProcessIDs.parse(bytes)
            try FuzzFailure.unless(pids.allSatisfy { $0 >= 0 }, "a negative PID")
        },
        FuzzTarget("proc-host") { bytes in
            _ = HostText.memory("MemTotal", in: bytes)
            _ = HostText.load(in: bytes)
            _ = HostText.processors(in: bytes)
            _ = HostText.pressure(in: bytes)
            _ = HostText.disks(in: bytes)
            _ = HostText.oomKills(in: bytes)
        },
        FuzzTarget("kernel-log", kernelLog),
        FuzzTarget("runtime-state") { bytes in
            var strings = 0
            try? JSONStrings.visit(bytes) { path, _ in
                strings += 1
                precondition(path.count <= JSONStrings.deepest)
            }
            try FuzzFailure.unless(strings <= bytes.count, "more strings than bytes")
        },
        FuzzTarget("mounts") { bytes in
            _ = MountInfo.parse(bytes)
            for membership in ProcCgroup.parse(bytes) {
                let path = CgroupPath(normalising: membership.path)
                try FuzzFailure.unless(
                    CgroupPath(normalising: path.bytes) == path, "\(path) is not normal")
                _ = CgroupIdentity(path)
            }
        },
    ]

    /// Each line is a record of `/dev/kmsg`.
    private static func kernelLog(_ bytes: [UInt8]) throws {
        let records = bytes.split(separator: 0x0a)
        var parser = OOMLog()
        var kills: [OOMKill] = []
        for record in records {
            guard case .kill(let kill) = parser.read(Array(record).span) else { continue }
            kills.append(kill)
            let event = Event(
                .oomKill, EventTime(wall: kill.microseconds, boot: 0),
                kill.cgroup.map { EventCgroup($0) }, kill.details)
            let line = event.line(now: 0)
            try FuzzFailure.unless(line == line.onOneLine, "not printable: \(line)")
            var json = JSONWriter()
            event.write(to: &json)
        }
        try FuzzFailure.unless(kills.count <= records.count, "more kills than records")
        parser.forgetReport()
        var fresh = OOMLog()
        for record in records {
            let record = Array(record)
            try FuzzFailure.unless(
                parser.read(record.span) == fresh.read(record.span), "it depends on what was lost")
        }
    }

    /// The first line names the file, `v2 memory.stat`; the rest is what it holds.
    private static func interfaceFile(_ bytes: [UInt8]) throws {
        let parts = bytes.split(separator: 0x0a, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2,
            let layout = layouts[String(decoding: parts[0], as: UTF8.self)]
        else { return }
        let content = Array(parts[1])
        var fresh = InterfaceFile(layout)
        let understood = fresh.read(content)
        // State from earlier contents must not change the result of a parser.
        for earlier in [content, Array(content.prefix(content.count / 2)), []] {
            var used = InterfaceFile(layout)
            _ = used.read(earlier)
            try FuzzFailure.unless(used.read(content) == understood, "it depends on the past")
            try FuzzFailure.unless(
                used.block.values == fresh.block.values
                    && used.block.instances.map(\.reading) == fresh.block.instances.map(\.reading),
                "other values after another content")
        }
        guard understood else { return }
        let readings = fresh.block.instances.map(\.reading)
        try FuzzFailure.unless(
            !readings.contains(.malformed)
                && !fresh.block.values.contains(Reading.malformed.rawValue),
            "a value of what was understood is malformed")
    }

    /// Every file of the catalog, by version and name.
    private static let layouts: [String: FileLayout] = {
        var fields: [String: (format: InterfaceFormat, fields: [FieldLayout])] = [:]
        for metric in MetricCatalog.all {
            for (version, source) in [("v1", metric.v1), ("v2", metric.v2)] {
                guard let source else { continue }
                let name = "\(version) " + source.file.replacing("*", with: "2MB")
                let column = InterfaceFile.schema.column(of: metric.id)
                fields[name, default: (.of(metric, source), [])].fields += FieldLayout.fields(
                    of: metric, source: source, column: column)
            }
        }
        let instance = Word.intern("2MB").map { InstanceKey(rawValue: $0) }
        return Dictionary(
            uniqueKeysWithValues: fields.map { name, found in
                (
                    name,
                    FileLayout(
                        name: Array(name.dropFirst(3).utf8), format: found.format,
                        fields: found.fields, instance: name.contains("2MB") ? instance : nil)
                )
            })
    }()
}

/// An interface file of a cgroup.
private struct InterfaceFile {
    static let schema = Schema(MetricCatalog.all.map(\.id))
    private var parser: FileParser
    private var writer = RowWriter(schema: schema)

    var block: RowBlock { writer.block }

    init(_ layout: FileLayout) {
        parser = FileParser(layout, FileColumns(layout))
        writer.appendRow()
    }

    mutating func read(_ bytes: [UInt8]) -> Bool {
        writer.beginPass()
        writer.beginRow(0)
        let understood = parser.parse(bytes.span, into: &writer)
        writer.endRow()
        return understood
    }
}
