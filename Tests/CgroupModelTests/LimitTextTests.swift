import Testing

@testable import CgroupModel

/// Names and values of limits as `set` accepts and `get` prints them, from the kernel's text.
@Suite struct LimitTextTests {
    private func text(
        _ name: String, _ raw: String, _ coding: LimitFile.Coding, period: UInt64? = nil
    ) throws -> String {
        try #require(LimitCatalog.limit(named: name)).text(raw, as: coding, period: period)
    }

    @Test func bytesHaveTheLargestExactUnit() throws {
        let coding = LimitFile.Coding.number(unlimited: "-1")
        #expect(try text("memory.max", "99999744", coding) == "97656KiB")
        #expect(try text("memory.max", "9223372036854771712", coding) == "max")
        #expect(try text("memory.max", "", coding) == "(empty)")
        #expect(try text("memory.max", "what", coding) == "what")
    }

    @Test func quotaIsANumberOfCPUsWithItsPeriod() throws {
        #expect(try text("cpu.max", "50000 100000", .quotaAndPeriod) == "0.5cpus")
        #expect(try text("cpu.max", "50000 50000", .quotaAndPeriod) == "1cpus per 50ms")
        #expect(try text("cpu.max", "max 100000", .quotaAndPeriod) == "max")
        #expect(try text("cpu.max", "50000", .quota, period: 100_000) == "0.5cpus")
        #expect(try text("cpu.max", "50000", .quota) == "50ms per period")
        #expect(try text("cpu.max", "-1", .quota) == "max")
    }

    @Test func sharesAreAWeight() throws {
        #expect(try text("cpu.weight", "512", .shares) == "50")
    }

    @Test func nameHasItsInstance() throws {
        let disk = try #require(LimitCatalog.limit(named: "io.max.rbps"))
        #expect(disk.name(of: "8:0") == "io.max.rbps 8:0")
        #expect(disk.name(of: nil) == "io.max.rbps")
        let page = try #require(LimitCatalog.limit(named: "hugetlb.max"))
        #expect(page.name(of: "2MB") == "hugetlb.2MB.max")
    }
}
