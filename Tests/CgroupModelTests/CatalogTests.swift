import CgroupModel
import Testing

@Suite struct CatalogTests {
    @Test func metricNamesAreUniqueAndFound() {
        #expect(Set(MetricCatalog.all.map(\.name)).count == MetricCatalog.all.count)
        for metric in MetricCatalog.all {
            #expect(MetricCatalog.metric(named: metric.name)?.id == metric.id)
        }
    }

    @Test func everyRowHasAHelpSentenceAndSomeRowHasASource() {
        for metric in MetricCatalog.all {
            #expect(metric.help.hasSuffix("."), "\(metric.name)")
        }
        let derived = MetricCatalog.all.filter { $0.v1 == nil && $0.v2 == nil }
        #expect(derived.isEmpty)
    }

    @Test func eachFamilyHasOneKindAndUnit() {
        for (family, rows) in Dictionary(grouping: MetricCatalog.all, by: \.family) {
            guard let family else { continue }
            // Rows of one family have labels with the same names.
            #expect(Set(rows.map(\.familyLabels)).count == rows.count, "\(family)")
            #expect(Set(rows.map { $0.familyLabels.map(\.name) }).count == 1, "\(family)")
            for row in rows {
                #expect(family.hasSuffix("_total") == (row.kind == .counter), "\(family)")
            }
        }
    }

    @Test func eachFileHasOneFormat() {
        for source in [\Metric.v1, \Metric.v2] {
            var formats: [String: InterfaceFormat] = [:]
            for metric in MetricCatalog.all {
                guard let source = metric[keyPath: source] else { continue }
                let format = InterfaceFormat.of(metric, source)
                #expect(formats[source.file, default: format] == format, "\(source.file)")
                formats[source.file] = format
            }
        }
    }

}

@Suite struct ReadingTests {
    @Test func reasonsAreDistinctAndNotNumbers() {
        let reasons: [Reading] = [
            .absent, .unlimited, .unsupported, .notPermitted, .gone, .malformed,
        ]
        #expect(Set(reasons).count == reasons.count)
        for reason in reasons {
            #expect(reason.value == nil)
            #expect(reason != Reading(0))
            #expect(reason.word != nil)
        }
        #expect(Reading(.max).value == Reading.largestValue)
        #expect(Reading(0).word == nil)
    }
}

@Suite struct CgroupPathTests {
    @Test func pathsAreNormalisedAndOrderedParentFirst() {
        #expect(CgroupPath("").isRoot)
        #expect(CgroupPath("//a//b/").description == "/a/b")
        #expect(CgroupPath("/a/b").parent == CgroupPath("/a"))
        #expect(CgroupPath("/a").parent == .root)
        #expect(CgroupPath.root.parent == nil)
        #expect(CgroupPath("/a").child("b c".utf8).name == "b c")
        let sorted = ["/a!", "/a/b", "/a", "/", "/a b", "/a/b/c"].map { CgroupPath($0) }.sorted()
        #expect(sorted.map(\.description) == ["/", "/a", "/a/b", "/a/b/c", "/a b", "/a!"])
        #expect(CgroupPath("/ab").isWithin(CgroupPath("/a")) == false)
        #expect(CgroupPath("/a/b").isWithin(CgroupPath("/a")))
    }

    @Test func invalidUTF8IsEscaped() {
        let path = CgroupPath(normalising: [0x2f, 0x61, 0xff, 0xc3, 0xa4, 0xc3])
        #expect(path.description == "/a\\xffä\\xc3")
        #expect(path.name == "a\\xffä\\xc3")
    }
}
