import CgroupModel
import Testing

@Suite struct LimitCodingTests {
    /// The encoding of a limit's file, of v2 or of v1.
    private static func coding(_ limit: String, _ file: String) throws -> LimitFile.Coding {
        let row = try #require(LimitCatalog.limit(named: limit))
        return try #require((row.v2 + row.v1).first { $0.name == file }).coding
    }

    @Test(arguments: [
        ("memory.max", "memory.max", "max", LimitValue.unlimited),
        ("memory.max", "memory.limit_in_bytes", "9223372036854771712", .unlimited),
        ("memory.max", "memory.max", "4096", .number(4096)),
        ("cpu.max", "cpu.max", "150000 100000", .number(1_500_000)),
        ("cpu.max", "cpu.max", "max 100000", .unlimited),
        ("cpu.max.period", "cpu.max", "max 50000", .number(50_000)),
        ("cpu.weight", "cpu.shares", "205", .number(20)),
        ("cpu.weight", "cpu.shares", "262144", .number(10_000)),
        ("cpuset.cpus", "cpuset.cpus", "0-3", .text("0-3")),
        ("cpu.uclamp.min", "cpu.uclamp.min", "12.34", .number(1234)),
        ("cpu.uclamp.max", "cpu.uclamp.max", "max", .unlimited),
        ("io.weight", "io.bfq.weight", "1000", .number(10_000)),
        ("io.max.rbps", "blkio.throttle.read_bps_device", "0", .unlimited),
    ])
    func aTextIsAValueOfTheLimit(
        limit: String, file: String, text: String, value: LimitValue
    ) throws {
        #expect(try Self.coding(limit, file).decode(text) == value)
    }

    /// Their values need another file.
    @Test(arguments: [
        ("cpu.max", "cpu.cfs_quota_us", "50000", LimitValue.number(50_000)),
        ("cpu.max", "cpu.cfs_quota_us", "-1", .unlimited),
        ("memory.memsw.max", "memory.swap.max", "max", .unlimited),
    ])
    func aTextThatIsNotSufficientHasAValueInItsFile(
        limit: String, file: String, text: String, value: LimitValue
    ) throws {
        let coding = try Self.coding(limit, file)
        #expect(coding.decode(text) == nil && coding.stored(text) == value)
    }

    @Test(arguments: [
        ("memory.max", "memory.max", "100M"), ("memory.max", "memory.max", ""),
        ("cpu.max", "cpu.max", "100000"), ("cpu.max", "cpu.max", "5 0"),
        ("cpu.weight", "cpu.shares", "x"), ("pids.max", "pids.max", "-1"),
    ])
    func aMalformedTextHasNoValue(limit: String, file: String, text: String) throws {
        let coding = try Self.coding(limit, file)
        #expect(coding.decode(text) == nil && coding.stored(text) == nil)
    }

    @Test func whatIsEncodedIsDecoded() throws {
        for limit in LimitCatalog.all {
            for file in limit.v2 + limit.v1 {
                for number: UInt64 in [1, 50, 100, 1000, 5000] {
                    guard let text = file.coding.encode(.number(number)),
                        let value = file.coding.decode(text)
                    else { continue }
                    #expect(file.coding.encode(value) == text, "\(limit.name) \(file.name)")
                }
            }
        }
    }

    /// v1 rounds the largest number to pages of its own size, and takes -1 for it.
    @Test(arguments: [
        ("memory.limit_in_bytes", "-1", "9223372036854771712"),
        ("hugetlb.2MB.limit_in_bytes", "9223372036854771712", "9223372036852678656"),
        ("hugetlb.1GB.max", "max", "9223372036854771712"), ("cpu.cfs_quota_us", "-1", "-1"),
    ])
    func unlimitedHasManyTexts(file: String, left: String, right: String) throws {
        let coding = try #require(LimitCatalog.coding(ofFile: file))
        #expect(coding.isSame(left, right) && coding.shown(left) == "max")
        #expect(!coding.isSame(left, "4096"))
    }

    @Test func aFileWithoutALimitHasNoEncoding() {
        for file in ["cgroup.freeze", "hugetlb..max", "hugetlb.a/b.max", "memory.current"] {
            #expect(LimitCatalog.coding(ofFile: file) == nil, "\(file)")
        }
    }

    @Test func aWriteOfSeveralValuesIsOneSettingEach() {
        let settings = FileSetting.all(in: "8:0 rbps=1 wiops=max", of: "io.max")
        #expect(settings.map(\.file.field) == ["rbps", "wiops"])
        #expect(settings.map(\.value) == [.number(1), .unlimited])
        #expect(settings.allSatisfy { $0.instance == "8:0" })
        #expect(FileSetting.all(in: "8:0 rbps=1 speed=2", of: "io.max").isEmpty)
        let bandwidth = FileSetting.all(in: "max 50000", of: "cpu.max")
        #expect(bandwidth.map(\.value) == [.unlimited, .number(50_000)])
        #expect(FileSetting.all(in: "sev 3", of: "misc.max").map(\.instance) == ["sev"])
        #expect(FileSetting.all(in: "1", of: "no.such.file").isEmpty)
    }
}
