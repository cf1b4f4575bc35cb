using CsCheck;
using Zhengtong.OpenData.Ckan;

namespace Zhengtong.Tests.OpenData.Ckan;

public sealed class SolrParserTests
{
    private static readonly Gen<string> Word = Gen.OneOf<string>(Gen.Char["abcxyz0189-_.水公园质:()[]{}\"\\*?~^+!&|/ "].Array[0, 6].Select(c => new string(c)).Select(s => "w" + s), Gen.OneOf<string>("AND", "OR", "NOT", "TO", "公园", "a"));

    private static readonly Gen<string> Field = Gen.OneOf<string>("title", "tags", "extras_a b", "res_format", "vocab_x");

    private static readonly Gen<SolrQuery> Leaf = Gen.OneOf<SolrQuery>(
        Gen.Select(Field, Word, (f, w) => (SolrQuery)new SolrQuery.Term(f, [w])),
        Word.Where(w => w.Length > 1).Select(w => (SolrQuery)new SolrQuery.Term(null, [w])),
        Gen.Select(Field, Word, (f, w) => (SolrQuery)new SolrQuery.Term(f, [w, ""])),
        Gen.Select(Field, Word.Where(w => !w.Contains("{!", StringComparison.Ordinal)), (f, w) => (SolrQuery)new SolrQuery.Phrase(f, w)),
        Gen.Select(Field, Word.Where(w => !w.Contains("{!", StringComparison.Ordinal)), Gen.Bool, Gen.Bool, Gen.Bool, (f, w, open, low, high) => (SolrQuery)new SolrQuery.Range(f, open ? null : w, w, low, high)),
        Field.Select(f => (SolrQuery)new SolrQuery.HasValue(f)),
        Gen.Const((SolrQuery)new SolrQuery.Everything()));

    internal static Gen<SolrQuery> Tree(Gen<SolrQuery> leaf, int depth) => depth == 0 ? leaf : Gen.Frequency<SolrQuery>(
        (2, (IGen<SolrQuery>)leaf),
        (2, (IGen<SolrQuery>)Tree(leaf, depth - 1).List[2, 3].Select(p => (SolrQuery)new SolrQuery.And(p))),
        (2, (IGen<SolrQuery>)Tree(leaf, depth - 1).List[2, 3].Select(p => (SolrQuery)new SolrQuery.Or(p))),
        (1, (IGen<SolrQuery>)Tree(leaf, depth - 1).Select(p => p is SolrQuery.Not ? p : (SolrQuery)new SolrQuery.Not(p))));

    [Fact]
    public void Parse_Printed_IsTheSame() => Tree(Leaf, 3).Sample(query =>
    {
        var printed = query.ToString();
        SolrParser.Parse(printed).ToString().ShouldBe(printed);
    }, iter: 3000);

    [Fact]
    public void Parse_AnyText_IsReadOrRefused() => Gen.OneOf<char>(Gen.Char, Gen.Char["+-&|!(){}[]^\"~*?:\\/ ANDORTO"]).Array[0, 40].Select(c => new string(c)).Sample(text =>
    {
        try { SolrParser.Parse(text).ToString().ShouldNotBeNull(); }
        catch (CkanFault e) { e.Status.ShouldBe(409); }
    }, iter: 5000);

    [Theory]
    [InlineData("", "*:*")]
    [InlineData("''", "*:*")]
    [InlineData("*:*", "*:*")]
    [InlineData("tags:economy", "tags:economy")]
    [InlineData("+organization:(a OR b) +res_format:CSV", "((organization:a OR organization:b) AND res_format:CSV)")]
    [InlineData("title:环境*", "title:环境*")]
    [InlineData("extras_hvd_category:(\"u1\" OR \"u2\")", "(extras_hvd_category:\"u1\" OR extras_hvd_category:\"u2\")")]
    [InlineData("metadata_modified:[NOW-30DAYS TO *]", "metadata_modified:[\"NOW-30DAYS\" TO *]")]
    [InlineData("metadata_created:{2026-01-01T00:00:00Z TO 2026-12-31T23:59:59Z]", "metadata_created:{\"2026-01-01T00:00:00Z\" TO \"2026-12-31T23:59:59Z\"]")]
    [InlineData("(title:水 OR notes:水) AND NOT tags:旧", "((title:水 OR notes:水) AND NOT tags:旧)")]
    [InlineData("a b", "(a AND b)")]
    [InlineData("a OR b c", "(a OR (b AND c))")]
    [InlineData("a && !b || -c", "((a AND NOT b) OR NOT c)")]
    [InlineData("field:*", "field:*")]
    [InlineData("-field:[* TO *]", "NOT field:[* TO *]")]
    [InlineData("title:(水 -污)^4", "(title:水 AND NOT title:污)")]
    [InlineData("roam~0.8 \"a b\"~3^2 x^=1.5", "(roam AND \"a b\" AND x)")]
    [InlineData("A - B", "(A AND B)")]
    [InlineData("水 (质", "(水 AND \\(质)")]
    [InlineData("C:\\:x", "C:\\:x")]
    public void Parse_WhatClientsSend_IsUnderstood(string text, string meant) => SolrParser.Parse(text).ToString().ShouldBe(meant);

    [Theory]
    [InlineData("title:")]
    [InlineData("title:(a")]
    [InlineData("title:\"a")]
    [InlineData("title:[a TO b")]
    [InlineData("title:[a b]")]
    [InlineData("AND title:a")]
    [InlineData("title:a OR")]
    [InlineData("title:a)")]
    [InlineData("{!lucene}a")]
    [InlineData("title:a^x")]
    public void Parse_Unreadable_IsASearchError(string text) => Should.Throw<CkanFault>(() => SolrParser.Parse(text)).Body["__type"]!.ToString().ShouldBe("Search Error");

    [Fact]
    public void Parse_DeepOrLong_IsRefused()
    {
        Should.Throw<CkanFault>(() => SolrParser.Parse("title:a AND " + new string('(', 5000) + "a" + new string(')', 5000))).Status.ShouldBe(409);
        Should.Throw<CkanFault>(() => SolrParser.Parse(string.Join(" OR ", Enumerable.Range(0, 2000).Select(i => $"id:{i}")))).Status.ShouldBe(409);
        SolrParser.Parse(string.Join(" OR ", Enumerable.Range(0, 1000).Select(i => $"id:{i}"))).ShouldBeOfType<SolrQuery.Or>().Parts.Count.ShouldBe(1000);
        SolrParser.Parse("title:" + string.Concat(Enumerable.Repeat("-", 9000)) + "a").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("NOW", "2026-05-17T10:20:30")]
    [InlineData("NOW/DAY", "2026-05-17T00:00:00")]
    [InlineData("NOW-1MONTH/MONTH", "2026-04-01T00:00:00")]
    [InlineData("NOW/YEAR+1YEAR-1SECOND", "2026-12-31T23:59:59")]
    [InlineData("NOW-30DAYS", "2026-04-17T10:20:30")]
    [InlineData("NOW+2HOURS/HOUR", "2026-05-17T12:00:00")]
    [InlineData("2026-01-01T00:00:00Z", "2026-01-01T00:00:00")]
    [InlineData("2026-01-01T00:00:00.5Z+10MINUTES", "2026-01-01T00:10:00.5")]
    [InlineData("2026-02-03", "2026-02-03T00:00:00")]
    public void Dates_OfSolr_AreMoments(string text, string moment) =>
        SolrDates.Parse(text, new DateTimeOffset(2026, 5, 17, 10, 20, 30, TimeSpan.Zero)).UtcDateTime.ShouldBe(DateTime.Parse(moment, System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("yesterday")]
    [InlineData("NOW-30")]
    [InlineData("NOW-30FORTNIGHTS")]
    [InlineData("NOW+999999999YEARS")]
    [InlineData("2026-13-01T00:00:00Z")]
    public void Dates_OfNoForm_AreRefused(string text) => Should.Throw<CkanFault>(() => SolrDates.Parse(text, TimeProvider.System.GetUtcNow())).Status.ShouldBe(409);
}
