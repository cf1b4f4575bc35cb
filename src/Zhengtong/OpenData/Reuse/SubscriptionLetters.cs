using Zhengtong.Kernel;
using Zhengtong.Kernel.Mail;
using Zhengtong.Kernel.Notices;
using Zhengtong.OpenData.Publishing;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Reuse;

/// <summary>The words of letters to subscribers, in the current language.</summary>
internal static class SubscriptionLetters
{
    /// <summary>Asks for a confirmation.</summary>
    internal static Letter Confirm(string what, string link) => new(Text.Of("open-data.mail.confirm-subject"),
    [
        Letter.Paragraph(Text.Of("open-data.mail.confirm-asked", what)),
        Letter.Link(Text.Of("open-data.mail.confirm-link"), link),
        Letter.Paragraph(Text.Of("open-data.mail.confirm-days", (int)MailSubscription.Patience.TotalDays)),
        Letter.Paragraph(Text.Of("open-data.mail.confirm-not-you")),
    ]);

    /// <summary>News of one dataset, or of several in the morning.</summary>
    internal static Letter News(IReadOnlyList<DatasetNews> news, string end, Func<string, string> addressOf)
    {
        var parts = new List<LetterPart>();
        foreach (var one in news)
        {
            if (news.Count > 1) { parts.Add(Letter.Heading(one.Title)); }
            parts.AddRange(Of(one));
            parts.Add(Letter.Link(Text.Of("open-data.mail.open-dataset"), addressOf($"/dataset/{one.Name}")));
        }

        var subject = news switch
        {
            [{ IsWithdrawn: true } gone] => Text.Of("open-data.mail.withdrawn-subject", gone.Title),
            [var only] => Text.Of(only.Files.Any(f => f.Columns.Count > 0) ? "open-data.mail.columns-subject" : "open-data.mail.version-subject", only.Title, only.Version),
            _ => Text.Of("open-data.mail.digest-subject", news.Count),
        };
        return new Letter(subject, [.. parts, .. Foot(end)]);
    }

    /// <summary>The answer to a request.</summary>
    /// <param name="request">The request, settled.</param>
    /// <param name="dataset">Name of the dataset that the answer leads to; null for none.</param>
    /// <param name="addressOf">Makes a path an address.</param>
    internal static Letter Answer(DataRequest request, string? dataset, Func<string, string> addressOf)
    {
        List<LetterPart> parts = [Letter.Paragraph(Text.Of("open-data.mail.answer-to", request.Title)), Letter.Paragraph(Text.Of("open-data.mail.answer-state", Show.Word("open-data", request.State)))];
        if (request.Answer is { } words) { parts.Add(Letter.Paragraph(words)); }
        if (dataset is not null) { parts.Add(Letter.Link(Text.Of("open-data.mail.open-dataset"), addressOf($"/dataset/{dataset}"))); }
        if (request.MergedInto is { } into) { parts.Add(Letter.Link(Text.Of("open-data.mail.open-request"), addressOf($"/open/requests/{into}"))); }
        else if (request.IsPublic) { parts.Add(Letter.Link(Text.Of("open-data.mail.open-request"), addressOf($"/open/requests/{request.Id}"))); }
        parts.Add(Letter.Paragraph(Text.Of("open-data.mail.answer-last")));
        return new Letter(Text.Of("open-data.mail.answer-subject", request.Title), parts);
    }

    /// <summary>Notices to the holder of a key.</summary>
    internal static Letter Notices(string key, IReadOnlyList<KeyNotice> notices, string end, Func<string, string> addressOf) => new(Text.Of("open-data.mail.notices-subject", key),
        [.. notices.SelectMany(n => new[] { Letter.Paragraph($"{Show.Day(n.At)} {Notice.Sentence(n.TextKey, n.Arguments)}"), Letter.Link(Text.Of("open-data.mail.open-page"), addressOf(n.Href)) }), .. Foot(end)]);

    private static IEnumerable<LetterPart> Foot(string end) => [Letter.Paragraph(Text.Of("open-data.mail.why")), Letter.Link(Text.Of("open-data.mail.end"), end)];

    private static IEnumerable<LetterPart> Of(DatasetNews news)
    {
        if (news.IsWithdrawn)
        {
            yield return Letter.Paragraph(Text.Of("open-data.mail.withdrawn", news.Title, Show.Day(news.At)));
            if (news.Because is { Length: > 0 } because) { yield return Letter.Paragraph(Text.Of("open-data.mail.because", because)); }
            yield break;
        }

        yield return Letter.Paragraph(Text.Of(news.Missed > 1 ? "open-data.mail.versions" : "open-data.mail.version", news.Title, news.Version, Show.Day(news.At), news.Missed));
        if (news.ChangeNote.Length > 0) { yield return Letter.Paragraph(Text.Of("open-data.mail.note", news.ChangeNote)); }
        if (news.Opened is { } opened) { yield return Letter.Paragraph(Text.Of("open-data.mail.opened", PublishingWords.Of(opened))); }
        if (news.Files.Any(f => f.Columns.Count > 0)) { yield return Letter.Paragraph(Text.Of("open-data.mail.columns")); }
        foreach (var file in news.Files.Take(DatasetNews.MostNamed))
        {
            if (file.Change != ResourceChange.Changed) { yield return Letter.Item($"{file.Name}: {WordOf(file.Change)}"); }
            foreach (var column in file.Columns.Take(DatasetNews.MostNamed)) { yield return Letter.Item(Text.Of("open-data.mail.column", file.Name, NameOf(column), WordOf(column.Change))); }
        }
    }

    private static string NameOf(ColumnDifference column) => column switch
    {
        { Change: ColumnChange.Renamed } => $"{column.Before} → {column.After}",
        { Change: ColumnChange.Retyped } => $"{column.After} ({column.TypeBefore} → {column.TypeAfter})",
        _ => column.After ?? column.Before ?? "",
    };

    private static string WordOf<T>(T change) where T : struct, Enum => Text.Of($"open-data.change.{Show.Kebab(change.ToString())}");
}
