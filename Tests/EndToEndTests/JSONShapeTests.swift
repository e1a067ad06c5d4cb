import CgroupModel
import Foundation
import TestSupport
import Testing

/// The shape of all JSON, over captured trees of every mode.
@Suite struct JSONShapeTests {
    private static let names = Set(
        MetricCatalog.all.filter { $0.dimension == nil }.map(\.name))
    private static let groups = Set(MetricCatalog.all.filter { $0.dimension != nil }.map(\.group))

    private func checkCgroup(_ object: JSONText.Object, _ apart: Set<String>) throws {
        let path = try #require(object["path"] as? String)
        #expect(path.hasPrefix("/"))
        #expect(object["inode"] is NSNumber)
        for (key, value) in object where !["path", "inode"].contains(key) && !apart.contains(key) {
            if Self.groups.contains(key), let nested = value as? JSONText.Object {
                for instance in nested.values { #expect(instance is JSONText.Object, "\(key)") }
            } else {
                let name = key.hasSuffix(".rate") ? String(key.dropLast(5)) : key
                #expect(Self.names.contains(name), "\(key)")
                let isValue = value is NSNumber || value is String
                #expect(isValue, "\(key)")
                if let metric = MetricCatalog.metric(named: name), metric.kind != .text {
                    #expect(value is NSNumber || value as? String == "max", "\(key): \(value)")
                }
            }
        }
    }

    @Test(arguments: ProgramCapture.modes) func jsonOfShowHasItsKeys(_ mode: String) throws {
        let capture = try ProgramCapture(mode)
        let result = try ProgramRun.cgwarden(
            "show", "--root", capture.root, "--json", "job-1.scope")
        #expect(result.lines.count == 1)
        let object = try #require(try JSONText.objects(result).first)
        let apart: Set = ["inodes", "effective", "processes", "unavailable"]
        try checkCgroup(object, apart)
        #expect(object["path"] as? String == "/batch.slice/job-1.scope")
        let io = try #require(object["io"] as? [String: JSONText.Object])
        let traffic = try #require(io["254:0"] ?? io["254:16"])
        #expect((traffic["wbytes"] as? NSNumber)?.intValue ?? 0 >= 6 << 20)
        let limits = try #require(object["io.max"] as? [String: JSONText.Object])
        #expect((limits["254:0"]?["wbps"] as? NSNumber)?.intValue == 4 << 20)
        #expect(object["memory.max"] as? String == "max")
        #expect(object["cpu.weight"] != nil || object["cpu.shares"] != nil)
        // The reasons for missing values are separate from the values.
        #expect(!(object.values.contains { $0 as? String == "absent" }))
        let processes = try #require(object["processes"] as? [JSONText.Object])
        #expect(processes.count == 1)
    }

    @Test(arguments: ProgramCapture.modes) func jsonOfTreeHasItsKeys(_ mode: String) throws {
        let capture = try ProgramCapture(mode)
        let result = try ProgramRun.cgwarden("tree", "--root", capture.root, "--json")
        #expect(result.status == 0)
        let nodes = try #require(
            JSONSerialization.jsonObject(with: Data(result.bytes)) as? [JSONText.Object])
        let paths = nodes.compactMap { $0["path"] as? String }
        #expect(paths.count == 9)
        #expect(paths.contains("/user.slice/user-1000.slice/idle.scope"))
        for node in nodes {
            #expect(Set(node.keys) == ["path", "inode", "controllers", "processes"])
            let controllers = try #require(node["controllers"] as? [String])
            #expect(controllers.contains("memory"))
            let processes = try #require(node["processes"] as? [String: [Int]])
            if mode == "v2" {
                #expect(Set(processes.keys) == ["unified"])
            } else {
                // Names are the unified ones on every version.
                #expect(
                    Set(processes.keys).isSuperset(of: ["cpu", "memory", "io", "name=systemd"]))
                #expect((processes["unified"] != nil) == (mode == "hybrid"))
            }
        }
        let web = try #require(nodes.first { $0["path"] as? String == "/app.slice/web.service" })
        let members = try #require(web["processes"] as? [String: [Int]])
        for list in members.values { #expect(list.count == 2) }
    }

    @Test(arguments: ProgramCapture.modes) func jsonOfStatAndTopHasItsKeys(_ mode: String) throws {
        let capture = try ProgramCapture(mode)
        for command in [
            ["stat", "--root", capture.root, "--json", "-n", "2", "-i", "20ms"],
            ["top", "--root", capture.root, "-b", "--json", "-n", "2", "-d", "20ms"],
        ] {
            let result = try ProgramRun.run(ProgramRun.cgwarden, command)
            let objects = try JSONText.objects(result)
            #expect(objects.count == 18, "\(command)")
            for object in objects { try checkCgroup(object, ["time"]) }
            for object in objects.prefix(9) {
                #expect(!object.keys.contains { $0.hasSuffix(".rate") }, "no rate at first")
            }
            for object in objects.suffix(9) {
                #expect((object["cpu.usage_usec.rate"] as? NSNumber)?.doubleValue == 0)
            }
            let times = objects.compactMap { ($0["time"] as? NSNumber)?.doubleValue }
            #expect(times.count == 18 && times == times.sorted())
        }
    }

    /// The text also listed the ancestors, which are sampled for their limits.
    @Test(arguments: [[], ["--depth", "1"]])
    func allFormatsOfTopListTheSameCgroups(_ depth: [String]) throws {
        let capture = try ProgramCapture("v2")
        func top(_ form: String...) throws -> ProgramRun.Result {
            let result = try ProgramRun.run(
                ProgramRun.cgwarden,
                ["top", "--root", capture.root, "-n", "1", "-p", "/user.slice"] + depth + form)
            try #require(result.status == 0, "\(result.errors)")
            return result
        }
        let all = [
            "/user.slice", "/user.slice/user-1000.slice",
            "/user.slice/user-1000.slice/idle.scope",
        ]
        let wanted = depth.isEmpty ? all : Array(all.prefix(2))
        let table = try top("-b", "--no-header").lines.map { line in
            String(line.prefix { $0 != " " })
        }
        #expect(table == wanted)
        #expect(try JSONText.objects(top("--json")).compactMap { $0["path"] as? String } == wanted)
        let rows = try top("--csv").output.components(separatedBy: "\r\n").dropFirst()
        let paths = rows.filter { !$0.isEmpty }.map { $0.components(separatedBy: ",")[1] }
        #expect(paths == wanted)
    }

    @Test func fieldsAndPatternsSelect() throws {
        let capture = try ProgramCapture("v1")
        let result = try ProgramRun.cgwarden(
            "stat", "--root", capture.root, "--json", "-n", "1", "--cgroup", "/app.slice/*",
            "--fields", "memory.max,pids.current")
        let objects = try JSONText.objects(result)
        #expect(
            objects.compactMap { $0["path"] as? String } == [
                "/app.slice/db.service", "/app.slice/web.service",
            ])
        for object in objects {
            #expect(
                Set(object.keys) == ["time", "path", "inode", "memory.max", "pids.current"])
        }
        #expect(objects.last?["memory.max"] as? String == "max")
        let named = try ProgramRun.cgwarden(
            "stat", "--root", capture.root, "web.service", "--json", "-n", "1")
        let paths = try JSONText.objects(named).compactMap { $0["path"] as? String }
        #expect(paths == ["/app.slice/web.service"])
        let tree = try ProgramRun.cgwarden(
            "stat", "--root", capture.root, "/app.slice", "--json", "-n", "1")
        #expect(
            Set(try JSONText.objects(tree).compactMap { $0["path"] as? String }).isSuperset(
                of: ["/app.slice", "/app.slice/web.service"]))
    }

    /// Names that JSON and CSV have to quote.
    @Test(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
    func unusualNamesArePreserved() throws {
        let suffix = Array(" a\"b\\c,d ü漢e\u{301}".utf8) + [0xff, 0x09]
        let cgroup = try ProgramCgroup(bytes: suffix)
        let wanted = "/cgwarden-test-*"
        let json = try ProgramRun.cgwarden("stat", "--json", "-n", "1", "--cgroup", wanted)
        let start = cgroup.path.prefix { $0 != " " } + " "
        let paths = try JSONText.objects(json).compactMap { $0["path"] as? String }
        let path = try #require(paths.first { $0.hasPrefix(start) })
        // A name that is not UTF-8 is escaped as in text output.
        #expect(
            path.unicodeScalars.elementsEqual(
                (start + "a\"b\\c,d ü漢e\u{301}\\xff\\x09").unicodeScalars))
        let csv = try ProgramRun.cgwarden(
            "stat", "--csv", "-n", "1", "--fields", "pids.current", "--cgroup", wanted)
        let record = try #require(
            csv.output.components(separatedBy: "\r\n").first {
                $0.contains(start)
            })
        #expect(record.hasSuffix(",0"))
        #expect(record.contains("\"\(start)a\"\"b\\c,d "))
    }
}
