import CgroupModel
import KernelIO
import TestSupport
import Testing

/// Edge cases of the formats.
@Suite struct FormatTests {
    private func read(_ name: String, _ text: String, unified: Bool = true) throws -> OneFile? {
        let file = try #require(OneFile(name, unified: unified))
        return file.read(text) ? file : nil
    }

    @Test func numbersUpTo64BitsAreParsed() throws {
        let edges: [(String, Reading?)] = [
            ("0", Reading(0)), ("9223372036854775807", Reading(9_223_372_036_854_775_807)),
            ("18446744073709551599", Reading(.max - 16)),
            // The highest raw values encode reasons, so the last few numbers are clamped.
            ("18446744073709551615", Reading(.max - 16)), ("18446744073709551616", nil),
            ("99999999999999999999999", nil), ("-1", Reading(0)),
            ("-9223372036854775808", Reading(0)), ("-", nil), ("", nil), (" 1", nil), ("1 ", nil),
            ("+1", nil), ("0x10", nil), ("1.5", nil), ("1\n", nil), ("maximum", nil), ("ma", nil),
        ]
        for (text, expected) in edges {
            #expect(
                try read("memory.current", "\(text)\n")?["memory.current"] == expected, "\(text)")
        }
    }

    @Test func everySpellingOfUnlimitedIsParsed() throws {
        let spellings: [(String, Reading?)] = [
            ("max", .unlimited), ("-1", .unlimited), ("9223372036854771712", .unlimited),
            ("9223372036852678656", .unlimited), ("4611686018427387904", .unlimited),
            ("4611686018427387903", Reading((1 << 62) - 1)), ("0", Reading(0)), ("MAX", nil),
            ("max ", nil), ("-", nil),
        ]
        for (text, expected) in spellings {
            let file = try read("memory.limit_in_bytes", "\(text)\n", unified: false)
            #expect(file?["memory.max"] == expected, "\(text)")
            #expect(try read("memory.max", "\(text)\n")?["memory.max"] == expected, "\(text)")
        }
    }

    @Test func unitsAreConverted() throws {
        let usage = try read("cpuacct.usage", "123456789\n", unified: false)
        #expect(usage?["cpu.usage_usec"] == Reading(123_456))
        let stat = try read("cpuacct.stat", "user 7\nsystem 18446744073709551615\n", unified: false)
        #expect(stat?["cpu.user_usec"] == Reading(70_000))
        // More than 64 bits in microseconds: the largest that can be said, never a wrapped one.
        #expect(stat?["cpu.system_usec"] == Reading(Reading.largestValue))
        let nice = try read("cpu.weight.nice", "-20\n")
        #expect(nice?["cpu.weight.nice"]?.signedValue == -20)
        #expect(try read("cpu.uclamp.min", "12.3\n")?["cpu.uclamp.min"] == Reading(1230))
        #expect(try read("cpu.uclamp.max", "max\n")?["cpu.uclamp.max"] == .unlimited)
    }

    @Test func quotaMayBeUnlimited() throws {
        let file = try read("cpu.max", "max 100000\n")
        #expect(file?["cpu.max"] == .unlimited)
        #expect(file?["cpu.max.period"] == Reading(100_000))
        let words = String(repeating: "1 ", count: 400)
        #expect(try read("cpu.max", "\(words)1\n") == nil)
    }

    @Test func pressureMayLackTheFullLine() throws {
        let some = "some avg10=1.23 avg60=0.07 avg300=100.00 total=12345\n"
        let file = try #require(OneFile("cpu.pressure", unified: true))
        for _ in 0..<2 {
            let read = file.read(some + "full avg10=0.01 avg60=0.00 avg300=0.00 total=6\n")
            #expect(read && file["cpu.pressure.full.total"] == Reading(6))
            #expect(file["cpu.pressure.full.avg10"] == Reading(1))
            #expect(file.read(some))
            #expect(file["cpu.pressure.some.avg10"] == Reading(123))
            #expect(file["cpu.pressure.some.avg60"] == Reading(7))
            #expect(file["cpu.pressure.some.avg300"] == Reading(10_000))
            #expect(file["cpu.pressure.full.total"] == .absent)
            // irq.pressure has only this line, and nothing keeps others from coming first.
            #expect(file.read("full avg10=0.50 total=9 avg60=0.25\n\(some)"))
            #expect(file["cpu.pressure.full.total"] == Reading(9))
            #expect(file["cpu.pressure.full.avg60"] == Reading(25))
            #expect(file["cpu.pressure.full.avg300"] == .absent)
        }
        #expect(!file.read("some avg10=1.234 avg60=0.00 avg300=0.00 total=7\n"))
        #expect(file["cpu.pressure.some.avg10"] == .malformed)
        #expect(file["cpu.pressure.some.total"] == Reading(7))
        #expect(!file.read("some avg10\nfull avg10=0.50 avg60=0.25 avg300=0.00 total=9\n"))
        #expect(file["cpu.pressure.some.total"] == .malformed)
        #expect(file["cpu.pressure.full.total"] == Reading(9))
    }

    @Test func deviceWithoutValuesIsAccepted() throws {
        let file = try read("io.stat", "254:0 \n8:0 rbytes=1 new=x wbytes=2 rios=3\n7:1\n")
        #expect(file?["io.rbytes 8:0"] == Reading(1))
        #expect(file?["io.rios 8:0"] == Reading(3))
        #expect(file?["io.rbytes 254:0"] == nil)
        #expect(file?["io.wios 8:0"] == nil)
        for text in [
            "254 rbytes=1\n", "4096:0 rbytes=1\n", "1:1048576 rbytes=1\n", "8:0 rbytes=\n",
        ] {
            #expect(try read("io.stat", text) == nil, "\(text)")
        }
        let limit = try read("io.max", "254:0 rbps=max wbps=4194304 riops=max wiops=1\n")
        #expect(limit?["io.max.rbps 254:0"] == .unlimited)
        #expect(limit?["io.max.wbps 254:0"] == Reading(4_194_304))
    }

    @Test func memoryStatIsReadByName() throws {
        let file = try #require(OneFile("memory.stat", unified: true))
        #expect(file.read("anon 1\nfile 2\nkernel 3\nnew_key 4\nslab 5\n"))
        #expect(file["memory.slab"] == Reading(5))
        #expect(file.read("slab 6\nanother_new one\nfile 7\nanon 8\n"))
        #expect(file["memory.anon"] == Reading(8))
        #expect(file["memory.file"] == Reading(7))
        #expect(file["memory.slab"] == Reading(6))
        #expect(file["memory.kernel"] == .absent)
        #expect(!file.read("slab 6\nfile x\nanon 8\n"))
        #expect(file["memory.slab"] == Reading(6))
        #expect(file["memory.file"] == .malformed)
        #expect(!file.read("anon\n"))
        #expect(file["memory.anon"] == .malformed)
        #expect(file.read(""))
        #expect(file["memory.anon"] == .absent)
    }

    /// Linux with native NVMe multipath has devices without a name.
    @Test func rowOfAnUnknownDeviceAffectsOnlyItself() throws {
        let file = try #require(OneFile("io.stat", unified: true))
        let unknown = "(unknown) rbytes=0 wbytes=10485760 rios=0 wios=20 dbytes=0 dios=0\n"
        #expect(file.read("\(unknown)8:0 rbytes=1 wbytes=2 rios=3 wios=4\n\(unknown)"))
        #expect(file["io.wbytes 8:0"] == Reading(2))
        #expect(file["io.wbytes *"] == .unnamed)
        #expect(file.instances.count { $0.key == .whole } == 6)
        #expect(file["io.cost.usage_usec *"] == nil)
        #expect(file.skippedRows == 2)
        #expect(!file.read("(unknowns) wbytes=1\n8:0 wbytes=2\n"))
        #expect(file["io.wbytes *"] == .malformed)
        #expect(file.skippedRows == 2)
        let name = "blkio.throttle.io_service_bytes_recursive"
        let legacy = try #require(OneFile(name, unified: false))
        #expect(legacy.read("8:0 Read 1\n(unknown) Read 4096\n8:0 Write 2\nTotal 4099\n"))
        #expect(legacy["io.rbytes 8:0"] == Reading(1))
        #expect(legacy["io.wbytes 8:0"] == Reading(2))
        #expect(legacy["io.rbytes *"] == .unnamed)
        #expect(legacy["io.wbytes *"] == nil)
        #expect(legacy.skippedRows == 1)
        let limit = try #require(OneFile("blkio.throttle.read_bps_device", unified: false))
        #expect(limit.read("(unknown) 4096\n8:0 8192\n"))
        #expect(limit["io.max.rbps 8:0"] == Reading(8192))
        #expect(limit["io.max.rbps *"] == .unnamed)
    }

    /// Linux 5.8 and earlier knew refaults of the page cache alone, and called them by no suffix.
    @Test func olderKeyMapsToTheSameMetric() throws {
        let file = try #require(OneFile("memory.stat", unified: true))
        #expect(file.read("workingset_refault 1\nworkingset_activate 2\nworkingset_restore 3\n"))
        #expect(file["memory.workingset_refault_file"] == Reading(1))
        #expect(file["memory.workingset_activate_file"] == Reading(2))
        #expect(file["memory.workingset_restore_file"] == Reading(3))
        #expect(file["memory.workingset_refault_anon"] == .absent)
        #expect(file.read("workingset_refault_anon 4\nworkingset_refault_file 5\n"))
        #expect(file["memory.workingset_refault_file"] == Reading(5))
        #expect(file["memory.workingset_activate_file"] == .absent)
    }

    @Test func processesAreCounted() throws {
        let file = try #require(OneFile("cgroup.procs", unified: true))
        #expect(file.read("1\n20\n300\n"))
        #expect(file["cgroup.processes"] == Reading(3))
        #expect(file.read(""))
        #expect(file["cgroup.processes"] == Reading(0))
        #expect(!file.read("1\n2"))
        #expect(file["cgroup.processes"] == .malformed)
    }

    @Test func hugePagesAreSeparatedByNode() throws {
        let file = try #require(OneFile("hugetlb.2MB.numa_stat", unified: true))
        for total in 1...2 {
            #expect(file.read("total=\(total) N0=4194304 N1=\(total)\n"))
            #expect(
                file.instances.map { $0.name() } == [
                    "hugetlb.numa.total[2MB N0]",
                    "hugetlb.numa.total[2MB N1]",
                ])
            #expect(file["hugetlb.numa.total 1"] == Reading(UInt64(total)))
        }
        #expect(!file.read("total=1 N0=x\n"))
        #expect(file.instances.map { $0.name() } == ["hugetlb.numa.total[2MB]"])
        let legacy = try #require(OneFile("hugetlb.1GB.numa_stat", unified: false))
        #expect(legacy.read("total=0 N0=0\nhierarchical_total=7 N0=7\n"))
        #expect(legacy["hugetlb.numa.total 0"] == Reading(7))
        #expect(legacy["hugetlb.local.numa.total 0"] == Reading(0))
    }

    /// Linux 5.15 writes no newline behind a device that did no I/O.
    @Test func nameBeforeTheFirstKeyIsTheDevice() throws {
        let file = try #require(OneFile("io.stat", unified: true))
        let usage = "rbytes=45931053056 wbytes=7 rios=1 wios=2 dbytes=0 dios=0"
        #expect(file.read("7:1 7:0 253:0 \(usage)\n8:0 rbytes=5\n7:1 7:0 "))
        #expect(file["io.rbytes 253:0"] == Reading(45_931_053_056))
        #expect(file["io.dios 253:0"] == Reading(0))
        #expect(file["io.rbytes 8:0"] == Reading(5))
        #expect(file.instances.allSatisfy { $0.reading.value != nil })
        #expect(file["io.rbytes 7:1"] == nil)
        #expect(!file.read("8:0 rbytes=5\n253:0 rbytes=459"))
        #expect(file["io.rbytes 8:0"] == Reading(5))
        #expect(file["io.rbytes 253:0"] == .malformed)
    }

    /// An empty line, blanks at the end, a tab for a blank, and an additional word.
    @Test(arguments: [
        ("io.stat", true, "\n8:0 rbytes=1 \n\n7:0\trbytes=2\n", "io.rbytes 8:0", true),
        ("io.stat", true, "7:0 rbytes=2 wbytes\n8:0 rbytes=1\n", "io.rbytes 8:0", false),
        ("io.stat", true, "7:0 rbytes=2x\n8:0 rbytes=1\n", "io.rbytes 8:0", false),
        ("io.max", true, "8:0\triops=1\n\n", "io.max.riops 8:0", true),
        ("io.weight", true, "\ndefault\t1 \n8:0\t50\n", "io.weight", true),
        ("io.weight", true, "8:0 50 60\ndefault 1\n", "io.weight", false),
        ("memory.stat", true, "\nanon\t1\n\nfile 2 \n", "memory.anon", true),
        ("memory.stat", true, "file 2 3\nanon 1\n", "memory.anon", false),
        ("memory.numa_stat", true, "\nfile N0\nanon N0=1 \n", "memory.numa.anon 0", false),
        ("pids.events", true, "max 1 \n", "pids.events.max", true),
        ("misc.current", true, "b\na\t1 \n", "misc.current a", false),
        (
            "rdma.current", true, "b hca_handle\na hca_handle=1 \n", "rdma.current.hca_handle a",
            false
        ),
        ("net_prio.ifpriomap", false, "b x\na 1\n", "net_prio.ifpriomap a", false),
        ("blkio.throttle.read_bps_device", false, "7:0\t2\n\n8:0 1\n", "io.max.rbps 8:0", true),
        ("blkio.throttle.read_bps_device", false, "7:0\t\n8:0 1\n", "io.max.rbps 8:0", false),
    ])
    func malformedLineAffectsOnlyItself(
        name: String, unified: Bool, text: String, metric: String, understood: Bool
    ) throws {
        let file = try #require(OneFile(name, unified: unified))
        for _ in 0..<2 {
            #expect(file.read(text) == understood)
            #expect(file[metric] == Reading(1))
        }
    }

    @Test func legacyBlockFilesEndWithATotal() throws {
        let name = "blkio.throttle.io_service_bytes_recursive"
        #expect(try read(name, "Total 0\n", unified: false)?["io.rbytes 8:0"] == nil)
        let lines = "8:0 Read 1\n8:0 Write 2\n8:0 Sync 3\n8:0 Async 0\n8:0 Discard 4\n8:0 Total 7\n"
        let file = try read(name, "\(lines)8:16 Read 9\nTotal 16\n", unified: false)
        #expect(file?["io.dbytes 8:0"] == Reading(4))
        #expect(file?["io.rbytes 8:16"] == Reading(9))
        #expect(file?["io.sync_bytes 8:0"] == Reading(3))
        #expect(file?.instances.allSatisfy { $0.reading.value != nil } == true)
        #expect(try read(name, "8:0 Read\n", unified: false) == nil)
        #expect(try read(name, "Sum 1\n", unified: false) == nil)
    }

    @Test func weightsHaveADefaultLine() throws {
        let file = try read("io.weight", "default 100\n8:0 50\n")
        #expect(file?["io.weight"] == Reading(100))
        #expect(file?["io.weight.device 8:0"] == Reading(50))
    }

    @Test func perCPUValuesAreSeparated() throws {
        let name = "cpuacct.usage_percpu"
        let file = try read(name, "1000 2000 3999 \n", unified: false)
        #expect(file?["percpu.usage_usec 2"] == Reading(3))
        #expect(file?["percpu.usage_usec 3"] == nil)
        #expect(try read(name, "1000-2000 \n", unified: false) == nil)
        #expect(try read(name, "1000", unified: false) == nil)
    }

    @Test func nodesAreRead() throws {
        let legacy = try read(
            "memory.numa_stat",
            "total=3 N0=1 N1=2\nhierarchical_total=30 N0=10 N1=20\nhierarchical_file=0 N0=0\n",
            unified: false)
        #expect(legacy?["memory.numa.total 1"] == Reading(20 * 4096))
        #expect(legacy?["memory.numa.file 1"] == nil)
        let unified = try read("memory.numa_stat", "anon N0=5 N1=6\nnew N0=1\nfile N0=7\n")
        #expect(unified?["memory.numa.anon 1"] == Reading(6))
        #expect(try read("memory.numa_stat", "anon N0=5 M1=6\n") == nil)
    }

    @Test func listsAndStatesAreText() throws {
        func word(_ file: OneFile?, _ name: String) -> String? {
            file?[name]?.value.map { Word.text($0) }
        }
        #expect(
            word(try read("cpuset.cpus.effective", "0-3,8\n"), "cpuset.cpus.effective") == "0-3,8")
        #expect(word(try read("cpuset.cpus", "\n"), "cpuset.cpus")?.isEmpty == true)
        // The file of a cgroup without controllers is empty, and that is a value too.
        #expect(word(try read("cgroup.controllers", ""), "cgroup.controllers")?.isEmpty == true)
        let partition = try read("cpuset.cpus.partition", "root invalid (Parent is not a root)\n")
        #expect(
            word(partition, "cpuset.cpus.partition") == "root invalid (Parent is not a root)")
        let devices = try read("devices.list", "c 1:3 rwm\nb *:* m\n", unified: false)
        #expect(word(devices, "devices.list") == "c 1:3 rwm\nb *:* m")
        for (text, frozen) in [("THAWED", 0), ("FREEZING", 0), ("FROZEN", 1)] as [(String, UInt64)]
        {
            let file = try read("freezer.state", "\(text)\n", unified: false)
            #expect(file?["cgroup.frozen"] == Reading(frozen))
            #expect(word(file, "freezer.state") == text)
        }
        #expect(try read("freezer.state", "MELTED\n", unified: false) == nil)
    }

    @Test func hugePageSizesComeFromTheFilesName() throws {
        let usage = try read("hugetlb.2MB.usage_in_bytes", "4194304\n", unified: false)
        #expect(usage?["hugetlb.current"] == nil)
        let metric = try #require(MetricCatalog.metric(named: "hugetlb.current"))
        #expect(usage?.values(metric) == ["": "4194304"])
        let events = try #require(MetricCatalog.metric(named: "hugetlb.events.max"))
        #expect(try read("hugetlb.1GB.events", "max 7\n")?.values(events) == ["": "7"])
        let local = try #require(MetricCatalog.metric(named: "hugetlb.events.local.max"))
        #expect(try read("hugetlb.1GB.events.local", "max 8\n")?.values(local) == ["": "8"])
    }

    @Test func resourcesHaveNames() throws {
        let rdma = try read("rdma.max", "mlx4_0 hca_handle=2 hca_object=max \n")
        #expect(rdma?["rdma.max.hca_object mlx4_0"] == .unlimited)
        #expect(rdma?["rdma.max.hca_handle mlx4_0"] == Reading(2))
        #expect(try read("misc.max", "")?["misc.max sev"] == nil)
        #expect(try read("misc.max", "sev max\nsev_es 5\n")?["misc.max sev"] == .unlimited)
        #expect(try read("misc.events", "sev.max 3\n")?["misc.events sev.max"] == Reading(3))
        #expect(
            try read("net_prio.ifpriomap", "lo 0\neth0 5\n", unified: false)?[
                "net_prio.ifpriomap eth0"] == Reading(5))
    }
}
