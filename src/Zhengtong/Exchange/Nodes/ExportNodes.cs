using Microsoft.Extensions.Options;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.Exchange.Nodes;

/// <summary>The table of all nodes as the page shows it under the same filters, as a file.</summary>
internal static class ExportNodes
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/work/exchange/all-nodes.{format}", Handle).Requires(Right.SeeNodes).ExcludeFromDescription();

    internal static IResult Handle(string format, HttpContext http, ZhengtongDb db, Paging paging, IOptions<NodeOptions> options, TimeProvider clock, CancellationToken ct)
    {
        var asked = QuestionOf(Listing.Of(http.Request.Path + http.Request.QueryString));
        return TableExport.Of(format, "front-end-nodes", Columns(), TableExport.AllPages(page => ListAllNodes.ReadAsync(asked, page, db, paging, options.Value, clock, ct)));
    }

    internal static NodeQuestion QuestionOf(Listing list) => new(list.Choice<NodeState>("state"), list.Choice<NodeConcern>("concern"), list["q"]);

    /// <summary>As on the page.</summary>
    internal static IReadOnlyList<Column<NodeOverview>> Columns() =>
    [
        new(Text.Of("exchange.node.name"), n => n.Name) { NamesRow = true },
        new(Text.Of("exchange.nodes.department"), n => n.Organisation),
        new(Text.Of("exchange.state"), n => Show.Word("exchange", n.State)),
        new(Text.Of("exchange.nodes.concerns"), n => string.Join(Text.Of("exchange.semicolon"), n.Concerns.Select(c => Show.Word("exchange", c)))),
        new(Text.Of("exchange.alarms.title"), n => string.Join(Text.Of("exchange.semicolon"), n.Alarms.Select(a => Show.Word("exchange", a.Kind)))),
        new(Text.Of("exchange.node.version"), n => n.Version),
        new(Text.Of("exchange.node.last-seen"), n => n.LastSeenAt),
        new(Text.Of("exchange.node.lag"), n => Show.Span(TimeSpan.FromSeconds(n.LagSeconds))),
        new(Text.Of("exchange.node.queued"), n => n.SpooledBatches) { Numeric = true },
        new(Text.Of("exchange.node.disk"), n => n.DiskFreeBytes is { } free ? Show.Bytes(free) : null),
        new(Text.Of("exchange.node.certificate-until"), n => n.CertificateUntil),
        new(Text.Of("exchange.nodes.deliveries"), n => n.Deliveries) { Numeric = true },
        new(Text.Of("exchange.node.problems"), n => string.Join(Text.Of("exchange.semicolon"), n.Problems.Select(p => Text.Find(p) ?? p))),
    ];
}
