import KernelIO
import Testing

/// Times as people write them after `--at`.
@Suite struct WrittenTimeTests {
    /// 2026-11-24 09:30:15.5 in Greenwich.
    private let end: UInt64 = 1_795_512_615_500_000

    private func instant(_ text: String) -> UInt64? {
        WrittenTime(argument: text)?.instant(before: end)
    }

    @Test func datesRoundTrip() {
        for (text, seconds) in [
            ("1970-01-01 00:00:00", 0), ("2000-02-29 23:59:59", 951_868_799),
            ("2026-11-24 09:30:15", 1_795_512_615), ("2100-03-01 00:00:00", 4_107_542_400),
        ] {
            #expect(CivilTime(seconds: seconds).text == text)
            #expect(CivilTime(seconds: seconds).seconds == seconds)
        }
        for day in stride(from: 0, to: 60_000, by: 7) {
            #expect(CivilTime(seconds: day * 86400 + 5).seconds == day * 86400 + 5)
        }
    }

    @Test func rfc3339TimesAreParsed() {
        for text in [
            "2026-11-24T09:30:15.5Z", "2026-11-24T09:30:15.500z", "2026-11-24 11:30:15.5+02:00",
            "2026-11-24t04:00:15.5-05:30",
        ] {
            #expect(instant(text) == end, "\(text)")
        }
        #expect(instant("2026-11-24T09:30Z") == end - 15_500_000)
    }

    @Test func timesBeforeTheEndAreParsed() {
        #expect(instant("-5m") == end - 300_000_000)
        #expect(instant("-1500ms") == end - 1_500_000)
    }

    @Test(arguments: ["00:00:00", "09:30:15", "14:03:22", "23:59:59", "7:05"])
    func timesOfTheLastDayAreParsed(text: String) throws {
        let instant = try #require(self.instant(text))
        #expect(instant <= end && end - instant < 86_400_000_000)
        let clock = CivilTime(local: instant).text.split(separator: " ")[1]
        #expect(clock.hasPrefix(text.count == 4 ? "0\(text):00" : text))
    }

    @Test(arguments: [
        "", "5m", "-", "-0s", "--5m", "soon", "24:00:00", "12:60", "12", "12:00:00Z",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-24T00:00:00", "2026-11-24",
        "26-11-24T00:00:00Z", "2026-11-24T00:00:00+2", "1960-01-01T00:00:00Z", "12:00:00.",
        "2026-11-24T00:00:00Z ", "12:00:00.x", "99999999999999999999:00",
    ]) func invalidTimesAreRejected(text: String) {
        #expect(WrittenTime(argument: text) == nil)
    }
}
