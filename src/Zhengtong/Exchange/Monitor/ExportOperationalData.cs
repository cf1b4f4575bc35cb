using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.Exchange.Monitor;

/// <summary>Operational data as a file, streamed page by page: CSV or XLSX, one record a line, the newest first.</summary>
internal static class ExportOperationalData
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/exchange/monitor/operational-data.{format}", Handle).Requires(Right.ReadWork).ExcludeFromDescription();

    internal static IResult Handle(string format, HttpContext http, Actor actor, ZhengtongDb db, Paging paging, TimeProvider clock, CancellationToken ct)
    {
        var asked = OperationalQuestion.Of(Listing.Of(http.Request.Path + http.Request.QueryString), clock);
        return TableExport.Of(format, $"operational-data-{asked.Kind.ToString().ToLowerInvariant()}", Columns(), TableExport.AllPages(page => OperationalRecords.ReadAsync(asked, page, actor, db, paging, ct)));
    }

    /// <summary>For programs: the names of the API, moments with milliseconds.</summary>
    private static IReadOnlyList<Column<OperationalRecord>> Columns() =>
    [
        new("kind", r => r.Kind.ToString().ToLowerInvariant()), new("id", r => r.Id.ToString()), new("sequence", r => r.Sequence), new("messageId", r => r.MessageId), new("agreementId", r => r.AgreementId.ToString()),
        new("providerId", r => r.ProviderId.ToString()), new("consumerId", r => r.ConsumerId.ToString()), new("service", r => r.Service), new("requestedAt", r => Exactly(r.RequestedAt)),
        new("answeredAt", r => r.AnsweredAt is { } at ? Exactly(at) : null), new("milliseconds", r => r.Milliseconds), new("requestBytes", r => r.RequestBytes), new("responseBytes", r => r.ResponseBytes),
        new("rows", r => r.Rows), new("status", r => r.Status), new("succeeded", r => r.Succeeded switch { true => "true", false => "false", null => null }),
    ];

    private static string Exactly(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
