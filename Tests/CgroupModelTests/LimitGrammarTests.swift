import CgroupModel
import Testing

@Suite struct LimitGrammarTests {
    @Test func aMessageIsOneLineWhateverItQuotes() {
        #expect(
            LimitError("\"a\r\n\u{1b}[2J\u{2028}\u{202e}\u{85}é\" is no limit").description
                == #""a\x0d\x0a\x1b[2J\u{2028}\u{202e}\u{85}é" is no limit"#)
    }

    private let host = HostFacts(
        memoryBytes: 8 << 30, cpus: RangeList(0..<4), nodes: [0: RangeList(0..<2)])

    private func parse(_ name: String, _ text: String) throws -> LimitValue {
        let limit = try #require(LimitCatalog.limit(named: name))
        return try limit.grammar.parse(text, host: host)
    }

    @Test(
        arguments: [
            ("memory.max", "512MiB", 512 << 20), ("memory.max", "1.5GB", 1_500_000_000),
            ("memory.max", "20%host", 1_717_986_918), ("memory.max", "0", 0),
            ("memory.max", "0B", 0),
            ("memory.max", "1kB", 1000), ("memory.max", "0.5KiB", 512),
            ("memory.max", "512mib", 512 << 20), ("memory.max", "100Mi", 100 << 20),
            ("memory.max", "100mb", 100_000_000), ("memory.max", "1KB", 1000),
            ("io.max.wbps", "10mb/s", 10_000_000), ("io.max.wbps", "10Mi/s", 10 << 20),
            ("cpu.max", "50%", 500_000), ("cpu.max", "150%", 1_500_000),
            ("cpu.max", "1.5cpus", 1_500_000), ("cpu.max", "150%cpu", 1_500_000),
            ("cpu.max", "25%host", 1_000_000), ("cpu.max", "1cpu", 1_000_000),
            ("cpu.max.period", "50ms", 50_000), ("cpu.max.burst", "0", 0),
            ("cpu.weight", "10000", 10_000), ("pids.max", "0", 0),
            ("io.max.rbps", "20MiB/s", 20 << 20), ("io.max.riops", "500/s", 500),
            ("io.latency.target", "10ms", 10_000), ("net_cls.classid", "0x10001", 65_537),
            ("net_cls.classid", "1:1", 65_537), ("cpu.uclamp.min", "12.34%", 1234),
            ("cpu.uclamp.max", "50%", 5000), ("cpu.uclamp.min", "0", 0),
            ("cgroup.max.depth", "3", 3), ("memory.swap.high", "1MiB", 1 << 20),
            ("memory.zswap.writeback", "0", 0), ("dmem.max", "1GiB", 1 << 30),
        ] as [(String, String, UInt64)])
    func numbersAreExact(_ name: String, _ text: String, _ wanted: UInt64) throws {
        #expect(try parse(name, text) == .number(wanted))
    }

    @Test(arguments: [
        ("memory.max", "512"), ("memory.max", "512M"), ("memory.max", "512i"),
        ("memory.max", ""), ("memory.max", " 1MiB"), ("memory.max", "-1"), ("memory.max", "+1MiB"),
        ("memory.max", "0x10MiB"), ("memory.max", "010MiB"), ("memory.max", "1.MiB"),
        ("memory.max", "20%"), ("memory.max", "99999999999999999999TiB"), ("memory.max", "MAX"),
        ("memory.max", "4194304TiB"), ("cpu.max", "1.5"), ("cpu.max", "0cpus"),
        ("cpu.max.period", "2s"), ("cpu.max.period", "999us"), ("cpu.max.period", "max"),
        ("cpu.max.period", "1000.5us"), ("cpu.weight", "0"), ("cpu.weight", "10001"),
        ("cpu.weight", "1.5"), ("cpu.weight", "max"), ("cpu.idle", "2"), ("cpu.idle", "yes"),
        ("cpuset.cpus", ""), ("cpuset.cpus", "3-1"), ("cpuset.cpus", "0-"), ("cpuset.cpus", "0,,1"),
        ("cpuset.cpus", "node:7"), ("cpuset.cpus.partition", "exclusive"),
        ("pids.max", "4194305"), ("pids.max", "-1"), ("io.max.rbps", "20MiB"),
        ("io.max.rbps", "0B/s"), ("io.max.riops", "4294967295/s"), ("devices.allow", "c 1:3"),
        ("devices.allow", "c  1:3 rwm"), ("devices.allow", "c 01:3 rwm"),
        ("devices.allow", "b 1:3 rrw"), ("net_cls.classid", "0x100000000"),
        ("net_cls.classid", "010"), ("net_cls.classid", "+1:+2"), ("net_cls.classid", "0x+5"),
        ("net_cls.classid", "-1:2"), ("cpuset.cpus", "node:+0"),
        ("cpu.uclamp.min", "50"), ("cpu.uclamp.min", "101%"), ("cpu.uclamp.min", "1.234%"),
        ("cpu.uclamp.min", "50%cpu"), ("io.prio.class", "realtime"),
        ("cgroup.max.descendants", "2147483648"),
    ])
    func valuesThatTheKernelWouldMisreadAreRefused(_ name: String, _ text: String) {
        #expect(throws: LimitError.self) { try parse(name, text) }
    }

    @Test func listsAndWordsAreCanonical() throws {
        #expect(try parse("cpuset.cpus", "3,0-1,1") == .text("0-1,3"))
        #expect(try parse("cpuset.cpus", "all") == .text("0-3"))
        #expect(try parse("cpuset.cpus", "node:0") == .text("0-1"))
        #expect(try parse("cpuset.mems", "all") == .text("0"))
        #expect(try parse("devices.allow", "b 8:* r") == .text("b 8:* r"))
        #expect(try parse("memory.max", "max") == .unlimited)
        #expect(try parse("io.prio.class", "idle") == .text("idle"))
        #expect(try parse("cpuset.cpus.exclusive", "node:0") == .text("0-1"))
    }

    /// The kernel shows all of a CPU as `max`, so that is what 100% means.
    @Test func utilizationIsFormattedAsInTheKernel() throws {
        let coding = LimitFile.Coding.percent
        for (text, value) in [
            ("0.00", LimitValue.number(0)), ("0.05", .number(5)), ("12.34", .number(1234)),
            ("99.99", .number(9999)), ("max", .unlimited),
        ] {
            #expect(coding.encode(value) == text)
            #expect(coding.decode(text) == value)
        }
        #expect(coding.decode("100.00") == .unlimited)
        #expect(try parse("cpu.uclamp.max", "100%") == .unlimited)
        for text in ["", "12", "12.3", "x", "101.00"] { #expect(coding.decode(text) == nil) }
    }

    @Test func printedValuesParseBack() throws {
        for limit in LimitCatalog.all {
            for number: UInt64 in [0, 1, 100, 1000, 4096, 50_000, 1_500_000, 10_000_000, 1 << 30] {
                let text = limit.grammar.text(.number(number))
                guard let back = try? limit.grammar.parse(text, host: host).number else { continue }
                #expect(back == number, "\(limit.name)=\(text)")
            }
        }
    }

    /// A message names a value that is accepted.
    @Test(arguments: [
        ("cpu.max=50000 100000", "cpu.max: \"50000 100000\" is the kernel's form; write 0.5cpus"),
        (
            "memory.max=512",
            "memory.max: \"512\" needs a unit; write 512B, 512MiB, 1.5GB, 20%host or max"
        ),
        (
            "memory.max=1G",
            "memory.max: \"1G\" has two meanings; write 1GiB or 1GB (systemd's 1G is 1GiB)"
        ),
        ("io.max=8:0:wbps=1M/s", "io.max.wbps: \"1M/s\" has two meanings; write 1MiB/s or 1MB/s"),
        ("cpu.weight", "\"cpu.weight\" is not NAME=VALUE; write cpu.weight=100"),
        ("web", "\"web\" is not NAME=VALUE; write memory.max=100MiB"),
    ])
    func refusalsSayWhatToWrite(_ text: String, _ message: String) {
        #expect(throws: LimitError(message)) {
            try LimitRequest.all(parsing: text, host: host)[0]
        }
    }

    @Test func requestsNameTheirInstance() throws {
        let one = try LimitRequest.all(parsing: "io.max=/dev/vda:wbps=10MB/s", host: host)[0]
        #expect(one.limit.name == "io.max.wbps" && one.instance == "/dev/vda")
        #expect(one.value == .number(10_000_000))
        let several = try LimitRequest.all(
            parsing: "io.max=8:0:rbps=1MB/s,wiops=5/s", host: host)
        #expect(several.map(\.limit.name) == ["io.max.rbps", "io.max.wiops"])
        #expect(several.allSatisfy { $0.instance == "8:0" })
        let bracketed = try LimitRequest.all(parsing: "io.max.wbps[8:0]=1MB/s", host: host)[0]
        #expect(bracketed.limit.name == "io.max.wbps" && bracketed.instance == "8:0")
        #expect(throws: LimitError("memory.max is one value; remove [8:0]")) {
            try LimitRequest.all(parsing: "memory.max[8:0]=1MiB", host: host)[0]
        }
        let direct = try LimitRequest.all(parsing: "io.max.riops=8:0:5/s", host: host)[0]
        #expect(direct.instance == "8:0")
        let pages = try LimitRequest.all(parsing: "hugetlb.2MB.max=4MiB", host: host)[0]
        #expect(pages.limit.name == "hugetlb.max" && pages.instance == "2MB")
        #expect(
            try LimitRequest.all(parsing: "io.weight=200", host: host)[0].limit.name == "io.weight")
        let weight = try LimitRequest.all(parsing: "io.weight=vda:200", host: host)[0]
        #expect(weight.limit.name == "io.weight.device" && weight.instance == "vda")
        let rdma = try LimitRequest.all(parsing: "rdma.max=mlx5_0:hca_handle=2", host: host)[0]
        #expect(rdma.limit.name == "rdma.max.hca_handle" && rdma.instance == "mlx5_0")
        #expect(try LimitRequest.all(parsing: "misc.max=sev:3", host: host)[0].instance == "sev")
        #expect(
            try LimitRequest.all(parsing: "net_prio.ifpriomap=eth0:3", host: host)[0].instance
                == "eth0")
        let region = try LimitRequest.all(
            parsing: "dmem.max=drm/0000:03:00.0/vram0:1GiB", host: host)[0]
        #expect(region.limit.name == "dmem.max" && region.instance == "drm/0000:03:00.0/vram0")
    }

    @Test func exampleInEachMessageParses() throws {
        for limit in LimitCatalog.all where limit.dimension != nil && limit.refusal == nil {
            let error = #expect(throws: LimitError.self) {
                try LimitRequest.all(parsing: "\(limit.name)=5", host: host)
            }
            let example = try #require(error?.description.split(separator: " ").last)
            let request = try LimitRequest.all(parsing: String(example), host: host)[0]
            #expect(request.limit.name == limit.name, "\(example)")
        }
    }

    @Test(arguments: [
        ("memory.max", "NAME=VALUE"), ("memory.mx=1MiB", "memory.max"), ("nothing=1", "--list"),
        ("io.max.rbps=1MB/s", "io.max=/dev/vda:rbps"), ("io.max=/dev/vda", "io.max.rbps"),
        ("io.max=/dev/vda:speed=1MB/s", "rbps"), ("memory.kmem.max=1MiB", "5.16"),
        ("memory.kernel=1MiB", "memory.kernel is read only"),
        ("memory.max=512", "unit"), ("memory.max=100M", "write 100MiB or 100MB"),
        ("memory.max=1.5g", "write 1.5GiB or 1.5GB"),
        ("io.max=/dev/vda:rbps=10M/s", "write 10MiB/s or 10MB/s"),
        ("dmem.max=1GiB", "dmem.max=NAME:64MiB"),
    ])
    func errorsSayWhatToWrite(_ text: String, _ hint: String) {
        do throws(LimitError) {
            _ = try LimitRequest.all(parsing: text, host: host)[0]
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.description.contains(hint), "\(error)")
        }
    }

    /// The values that a message suggests.
    private func hints(_ message: String) -> [String] {
        if let question = message.firstMatch(of: /did you mean (.*)\?$/) {
            return question.1.split(separator: " or ").map { String($0.dropFirst().dropLast()) }
        }
        guard let list = message.firstMatch(of: /write (.*?)( \(.*\)| for no limit)?$/) else {
            return []
        }
        guard !list.1.hasPrefix("a number from") else { return [] }
        return list.1.replacing(", ", with: "|").replacing(" or ", with: "|").split(separator: "|")
            .map { String($0.replacing("\"", with: "")) }
    }

    @Test func everyHintIsAccepted() throws {
        let units = [
            "", "%", "%%", "%cpu", "%hots", "%host", "M", "g", "M/s", "g/s", "/s", "MiB", "mb",
            "MiB/s",
            "kB/s", "MiBs", "MiB/ss", "MiBB/s", "cpsu", "CPUS", "cpu/s", "ms", "sm", "S", "ss",
            "us/s", "x", "xyzzy", ".5", "5/s", "/ss",
        ]
        var count = 0
        for limit in LimitCatalog.all where limit.refusal == nil {
            for text in units.flatMap({ ["5\($0)", "0.3\($0)", "100000000\($0)"] }) + [
                "", "?", "al",
            ] {
                do throws(LimitError) {
                    _ = try limit.grammar.parse(text, host: host)
                } catch {
                    for hint in hints(error.description) {
                        count += 1
                        #expect(throws: Never.self, "\(limit.name)=\(text): \(error)") {
                            try limit.grammar.parse(hint, host: host)
                        }
                    }
                }
            }
        }
        #expect(count > 500)
    }

    @Test(arguments: [
        ("memory.max", "5%", "did you mean '5%host'?"),
        ("memory.max", "10M/s", "write 10MiB or 10MB"),
        ("memory.max", "10kB/s", "did you mean '10kB'?"),
        ("io.max.rbps", "10M", "write 10MiB/s or 10MB/s"),
        ("io.max.rbps", "10MiB", "needs a unit per second; write 10MiB/s"),
        ("io.max.riops", "500", "write 500/s"),
        ("cpu.max", "2CPUs", "did you mean '2cpus'?"),
        ("cpu.max.period", "5000", "write 1500us or 10ms"),
        ("cpu.max.period", "2ss", "did you mean '2ms'?"),
        ("cpuset.cpus", "node:1", "memory node 1 has no CPUs; nodes with CPUs: 0"),
        ("cpuset.cpus", "node:7", "no memory node 7; nodes with CPUs: 0"),
    ])
    func mistakeIsAnsweredWithWhatIsMeant(_ name: String, _ text: String, _ hint: String) throws {
        var host = host
        host.nodes[1] = RangeList([])
        let limit = try #require(LimitCatalog.limit(named: name))
        do throws(LimitError) {
            _ = try limit.grammar.parse(text, host: host)
            Issue.record("\(text) is accepted")
        } catch {
            #expect(error.description.hasSuffix(hint), "\(error)")
        }
    }

    @Test func everyLimitIsSupportedOrHasARefusal() {
        #expect(Set(LimitCatalog.all.map(\.name)).count == LimitCatalog.all.count)
        for limit in LimitCatalog.all {
            #expect((limit.v1.isEmpty && limit.v2.isEmpty) == (limit.refusal != nil))
            #expect(limit.help.hasSuffix("."))
        }
    }

    @Test func rangeListsRoundTrip() {
        for text in ["", "0", "0-3", "0,2-3,8", "1,3,5"] {
            #expect(RangeList(text)?.description == text)
        }
        #expect(RangeList("0-99999999") == nil && RangeList("a") == nil && RangeList("1,") == nil)
    }
}
