import CgroupModel
import TestSupport
import Testing

@Suite struct CgroupFilterTests {
    private func snapshot() -> Snapshot {
        var builder = SnapshotBuilder(metrics: ["memory.max"])
        builder.add("/", ["cpu.usage_usec": Reading(9)])
        builder.add("/system.slice", ["pids.current": Reading(9)])
        builder.add(
            "/system.slice/nginx.service",
            [
                "cpu.usage_usec": Reading(900_000), "memory.current": Reading(600 << 20),
                "memory.max": Reading(1 << 30), "pids.current": Reading(4),
                "cpu.max": Reading(150_000), "cpu.max.period": Reading(100_000),
                "cpu.nr_periods": Reading(20), "cpu.nr_throttled": Reading(9),
                "memory.pressure.some.avg10": Reading(1234),
            ],
            before: [
                "cpu.usage_usec": Reading(300_000), "cpu.nr_periods": Reading(10),
                "cpu.nr_throttled": Reading(3),
            ])
        builder.add(
            "/system.slice/cron.service",
            [
                "cpu.usage_usec": Reading(0), "memory.current": .notPermitted,
                "memory.max": .unlimited, "cgroup.frozen": Reading(1), "pids.current": Reading(0),
            ], before: ["cpu.usage_usec": Reading(0)])
        builder.add("/batch/Job (7)", ["memory.current": Reading(1 << 20)])
        return builder.build()
    }

    private func names(_ text: String, title: [String: String] = [:]) throws -> [String] {
        let snapshot = snapshot()
        let filter = try CgroupFilter(parsing: text)
        return snapshot.cgroups.indices.filter { index in
            let name = snapshot.cgroups[index].path.name
            return filter.matches(FilterSubject(snapshot, index, title: title[name]))
        }.map { snapshot.cgroups[$0].path.name }
    }

    @Test(arguments: [
        ("cpu > 50", ["nginx.service"]), ("cpu>=60%", ["nginx.service"]), ("cpu > 60", []),
        ("memory > 512MiB", ["nginx.service"]), ("memory < 2M", ["Job (7)"]),
        ("mem% > 50", ["nginx.service"]), ("tasks = 0", ["cron.service"]),
        ("psi-memory > 12", ["nginx.service"]), ("cpu.max <= 1.5", ["nginx.service"]),
        ("cpu.max < 150%cpu", []), ("memory.max = max", ["cron.service"]),
        ("memory.max > 2GiB", ["cron.service"]), ("memory.max != max", ["nginx.service"]),
        ("memory.current > 0", ["Job (7)", "nginx.service"]),
        ("cpu.usage_usec.rate >= 600ms", ["nginx.service"]),
    ])
    func numbersAreComparedInTheirUnits(_ text: String, _ expected: [String]) throws {
        #expect(try names(text) == expected)
    }

    @Test(arguments: [
        ("nginx", ["nginx.service"]), ("NGINX.s*", ["nginx.service"]),
        ("unit ~ ngin", ["nginx.service"]),
        ("unit = *.service", ["cron.service", "nginx.service"]),
        ("state = throttled", ["nginx.service"]), ("state = frozen", ["cron.service"]),
        ("frozen", ["cron.service"]), ("name = 'job (7)'", ["Job (7)"]),
        ("path = /system.slice/c*", ["cron.service"]),
        ("slice = system.slice name != system.slice cpu < 50", ["cron.service"]),
        ("nginx | cron", ["cron.service", "nginx.service"]),
        ("service !cron", ["nginx.service"]), ("service !(cron | nginx)", []),
        ("kind = service & cpu > 10", ["nginx.service"]),
        ("unit !~ service kind = slice", ["system.slice"]),
    ])
    func textsAndTheirCombinationsMatch(_ text: String, _ expected: [String]) throws {
        #expect(try names(text) == expected)
    }

    @Test func wordsMatchTheNameThatARuntimeGave() throws {
        #expect(try names("shop", title: ["Job (7)": "shop-web (docker)"]) == ["Job (7)"])
    }

    @Test func anEmptyTextIsMetByAll() throws {
        #expect(try CgroupFilter(parsing: "  ").isEmpty)
        #expect(try names("").count == 5)
    }

    @Test(arguments: [
        ("cpu >", "cpu > needs a number, such as cpu > 50"),
        ("cpu > much", "cpu > needs a number, such as cpu > 50"),
        ("cpuu > 5", "unknown field 'cpuu'; did you mean 'cpu'?"),
        ("state > 5", "state is a text field; compare it with = != ~ or !~"),
        ("cpu ~ 5", "cpu is a numeric field; compare it with > >= < <= = or !="),
        ("(web", "a parenthesis is not closed; quote names that contain one"),
        ("> 5", "unexpected '>'; write a field before it: cpu > 50"),
        ("'web", "the quote ' is not closed"), ("web |", "the filter is incomplete"),
        ("a)", "unexpected ')'"), ("x[", "the pattern x[ has an unclosed bracket"),
        ("unit =", "unit = needs a text, such as unit = web"),
        ("memory > 5x", "memory > needs a number, such as memory > 512MiB"),
    ])
    func errorsAreOneLineWithARemedy(_ text: String, _ message: String) {
        let error = #expect(throws: FilterError.self) { try CgroupFilter(parsing: text) }
        #expect(error?.description == message)
    }

    /// Policies have these operators; here they would be words that no cgroup contains.
    @Test(arguments: [
        ("cpu > 5 and memory > 1GiB", "and", "write conditions side by side: cpu > 50 tasks > 9"),
        ("nginx OR cron", "OR", "write '|': nginx | cron"),
        ("not nginx", "not", "write '!': !nginx"),
        ("!(nginx or cron)", "or", "write '|': nginx | cron"),
    ])
    func operatorsOfPoliciesAreRefused(_ text: String, _ word: String, _ remedy: String) {
        let error = #expect(throws: FilterError.self) { try CgroupFilter(parsing: text) }
        #expect(
            error?.description
                == "'\(word)' is not an operator here; \(remedy) "
                + "(quote \"\(word)\" to search for it)")
    }

    @Test(arguments: ["'not'", "\"or\"", "name = and", "unit ~ or", "android", "nothing"])
    func operatorsOfPoliciesAreWordsInQuotesAndAsValues(_ text: String) throws {
        #expect(throws: Never.self) { try CgroupFilter(parsing: text) }
    }

    @Test func deepNestingIsRefused() {
        let deep = String(repeating: "(", count: 100_000)
        #expect(throws: FilterError.self) { try CgroupFilter(parsing: deep) }
        #expect(throws: FilterError.self) {
            try CgroupFilter(parsing: String(repeating: "!", count: 400) + "a")
        }
    }

    @Test func onlyConditionsOnRatesNeedTwoSamples() throws {
        for text in ["cpu > 5", "web !(io > 1MB)", "read = 0", "cpu.usage_usec.rate > 1ms"] {
            #expect(try CgroupFilter(parsing: text).comparesRates, "\(text)")
        }
        for text in ["memory > 5M", "cpu.usage_usec > 1ms", "cpu.max = max", "cpu", "unit = a"] {
            #expect(try !CgroupFilter(parsing: text).comparesRates, "\(text)")
        }
    }

    @Test func comparedMetricsAreKnownToTheReader() throws {
        #expect(try CgroupFilter(parsing: "cpu > 5").metrics == [.cpuUsage])
        #expect(try CgroupFilter(parsing: "unit = a").metrics.isEmpty)
        #expect(try CgroupFilter(parsing: "state = frozen").metrics.contains(.frozen))
    }
}
