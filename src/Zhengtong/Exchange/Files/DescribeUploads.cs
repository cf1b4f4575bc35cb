using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Zhengtong.Exchange.Files;

/// <summary>tus <c>OPTIONS</c>: what this server speaks, told to everybody.</summary>
internal static class DescribeUploads
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods(Tus.Path, ["OPTIONS"], Handle).ExcludeFromDescription();
        app.MapMethods($"{Tus.Path}/{{id:guid}}", ["OPTIONS"], Handle).ExcludeFromDescription();
    }

    internal static NoContent Handle(HttpResponse response, IOptions<FilesOptions> options)
    {
        response.Headers["Tus-Resumable"] = Tus.Version;
        response.Headers["Tus-Version"] = Tus.Version;
        response.Headers["Tus-Extension"] = Tus.Extensions;
        response.Headers["Tus-Max-Size"] = options.Value.MaxBytes.ToString(CultureInfo.InvariantCulture);
        response.Headers["Tus-Checksum-Algorithm"] = string.Join(',', Tus.Algorithms.Keys);
        return TypedResults.NoContent();
    }
}
