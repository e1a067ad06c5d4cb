import KernelIO
import Testing

/// Times as people write them after `--at`.
@Suite struct WrittenTimeTests {
    /// 2026-11-24 09:30:15.5 in Greenwich.
    private let end: UInt64 = 1_795_512_615_500_000

    private func instant(_ text: String) throws -> UInt64? {
        try WrittenTime(argument: text)?.instant(before: end)
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

    @Test func rfc3339TimesAreParsed() throws {
        for text in [
            "2026-11-24T09:30:15.5Z", "2026-11-24T09:30:15.500z", "2026-11-24 11:30:15.5+02:00",
            "2026-11-24t04:00:15.5-05:30",
        ] {
            #expect(try instant(text) == end, "\(text)")
        }
        #expect(try instant("2026-11-24T09:30Z") == end - 15_500_000)
    }

    @Test func timesBeforeTheEndAreParsed() throws {
        #expect(try instant("-5m") == end - 300_000_000)
        #expect(try instant("-2d") == end - 2 * 86_400_000_000)
        #expect(try instant("-1500ms") == end - 1_500_000)
        #expect(try instant("now") == end)
    }

    @Test func unixTimesAreParsed() throws {
        #expect(try instant("@1795512615.5") == end)
        #expect(try instant("@0") == 0)
    }

    @Test func datesAndUnixTimesHaveTheSameEnd() throws {
        #expect(try instant("@253370764799") == 253_370_764_799_000_000)
        #expect(try instant("9998-12-31T23:59:59Z") == 253_370_764_799_000_000)
        for text in [
            "@253370764800", "@253402300799", "9999-01-01", "9999-12-31T00:00:00Z",
            "9998-12-31T23:30:00-01:00",
        ] {
            #expect(WrittenTime(argument: text) == nil, "\(text)")
        }
    }

    /// The local zone can be any; the table holds what the local clock shows.
    @Test(arguments: [
        ("today 9:30", 0, "09:30:00"), ("yesterday 14:00", 1, "14:00:00"),
        ("yesterday 14:00:07", 1, "14:00:07"), ("today", 0, "00:00:00"),
        ("yesterday", 1, "00:00:00"),
    ]) func wordsMeanLocalDays(text: String, days: Int, clock: String) throws {
        let now = CivilTime(local: end)
        let day = CivilTime(seconds: now.seconds - days * 86_400)
        let instant = try #require(try instant(text))
        #expect(CivilTime(local: instant).text == "\(day.date) \(clock)")
    }

    @Test(arguments: [
        ("2026-11-23 14:00", "2026-11-23 14:00:00"), ("2026-11-23T14:00:05", "2026-11-23 14:00:05"),
        ("2026-11-23", "2026-11-23 00:00:00"),
    ]) func datesWithoutZoneAreLocal(text: String, local: String) throws {
        let instant = try #require(try instant(text))
        #expect(CivilTime(local: instant).text == local)
    }

    @Test(arguments: [
        ("2026-11-24T09:30:15Z", 499_999), ("2026-11-24T09:30:15.0Z", -500_000),
        ("2026-11-24T09:30Z", -14_500_001), ("@1795512615", 499_999), ("@1795512615.5", 0),
        ("now", 0), ("-15s", -15_000_000), ("-500ms", -500_000),
    ]) func onlyATimeWithoutAFractionMeansAllOfItsSecond(text: String, offset: Int) throws {
        let time = try #require(WrittenTime(argument: text))
        #expect(try Int(time.latestInstant(before: end)) - Int(end) == offset)
    }

    @Test func futureIsRefusedWhereAsked() throws {
        let later = try #require(WrittenTime(argument: "2026-11-25T00:00:00Z"))
        #expect(try later.instant(before: end) > end)
        #expect(throws: WrittenTime.Mistake(description: "2026-11-25T00:00:00Z is in the future")) {
            try later.instant(notAfter: end)
        }
    }

    @Test(arguments: ["00:00:00", "09:30:15", "14:03:22", "23:59:59", "7:05"])
    func timesOfTheLastDayAreParsed(text: String) throws {
        let instant = try #require(try self.instant(text))
        #expect(instant <= end && end - instant < 86_400_000_000)
        let clock = CivilTime(local: instant).text.split(separator: " ")[1]
        #expect(clock.hasPrefix(text.count == 4 ? "0\(text):00" : text))
    }

    @Test(arguments: [
        "", "5m", "-", "-0s", "--5m", "soon", "24:00:00", "12:60", "12", "12:00:00Z",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-02-30", "today9:30", "todayish",
        "tomorrow", "yesterday  14:00", "@", "@-1", "@1e3", "@99999999999999", "2026-11-24 ",
        "26-11-24T00:00:00Z", "2026-11-24T00:00:00+2", "1960-01-01T00:00:00Z", "12:00:00.",
        "2026-11-24T00:00:00Z ", "12:00:00.x", "99999999999999999999:00",
    ]) func invalidTimesAreRejected(text: String) {
        #expect(WrittenTime(argument: text) == nil)
    }
}
