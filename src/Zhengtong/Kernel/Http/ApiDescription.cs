using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Zhengtong.Kernel.Http;

/// <summary>The API's description at /openapi/v1.json, made from the endpoints and their XML comments, and read as pages at /docs/api.</summary>
internal static partial class ApiDescription
{
    internal const string DocumentPath = "/openapi/v1.json";

    internal static void AddApiDescription(this WebApplicationBuilder builder) => builder.Services.AddOpenApi("v1", o =>
    {
        o.ShouldInclude = description => description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) == true;
        o.CreateSchemaReferenceId = type => NameOf(type.Type) is { } name && OpenApiOptions.CreateDefaultSchemaReferenceId(type) is not null ? name : null;
        o.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "Zhengtong 政通", Version = "v1", Description = "Refusals are problem documents (RFC 9457) with a stable code: /docs/errors." };
            // The description is the same wherever the platform stands.
            document.Servers?.Clear();
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["session"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Cookie, Name = "zhengtong-session", Description = "An officer's session, opened by POST /api/v1/session." },
                ["program"] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.OAuth2,
                    Description = "A program of an organisation.",
                    Flows = new OpenApiOAuthFlows { ClientCredentials = new OpenApiOAuthFlow { TokenUrl = new Uri("/connect/token", UriKind.Relative), Scopes = new Dictionary<string, string>() } },
                },
            };
            return Task.CompletedTask;
        });
        o.AddOperationTransformer(DescribeAsync);
        o.AddSchemaTransformer((schema, context, _) =>
        {
            if (typeof(ProblemDetails).IsAssignableFrom(context.JsonTypeInfo.Type) && schema.Properties is { } members)
            {
                members["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Stable: programs may rely on it. All codes: /docs/errors." };
                members["traceId"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Names the request in the platform's log." };
            }

            return Task.CompletedTask;
        });
    });

    internal static void MapApiDescription(this WebApplication app)
    {
        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        app.MapScalarApiReference("/docs/api", (options, http) =>
        {
            // The viewer's script is served by the platform itself; its style sheet stands inside the page it makes.
            options.WithTitle("Zhengtong API").WithOpenApiRoutePattern("/openapi/{documentName}.json").AddDocument("v1")
                .DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp();
            var nonce = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(18));
            options.WithNonce(nonce);
            http.Response.Headers.ContentSecurityPolicy = $"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
                + "worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
        }).AllowAnonymous();
    }

    /// <summary>Who may call, what refusals come, and which headers steer it.</summary>
    private static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<IAllowAnonymous>().Any())
        {
            if (!Code().IsMatch(operation.Responses?.GetValueOrDefault("401")?.Description ?? "")) { operation.Responses?.Remove("401"); }
        }
        else
        {
            operation.Security = [.. new[] { "session", "program" }.Select(scheme => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] })];
            if (string.Join(", ", metadata.OfType<IAuthorizeData>().Select(a => a.Policy).OfType<string>()) is { Length: > 0 } rights)
            {
                operation.Extensions ??= new Dictionary<string, IOpenApiExtension>();
                operation.Extensions["x-right"] = new JsonNodeExtension(JsonValue.Create(rights));
            }
        }

        if (metadata.OfType<IdempotentMetadata>().Any())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = Idempotency.Header,
                In = ParameterLocation.Header,
                Description = "1 to 128 visible ASCII characters; the same key with the same request acts once within 24 hours and brings the same answer.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 128 },
            });
        }

        // "catalogue.name-taken" in a response's text is a problem code: programs find them listed, beside those that the conventions give.
        var anonymous = metadata.OfType<IAllowAnonymous>().Any();
        foreach (var (status, response) in operation.Responses ?? [])
        {
            string[] common = status switch
            {
                "400" => [KernelProblems.Invalid.Code, KernelProblems.Malformed.Code],
                "401" when !anonymous => [KernelProblems.NotSignedIn.Code],
                "403" when !anonymous => [KernelProblems.Forbidden.Code],
                "409" when metadata.OfType<IdempotentMetadata>().Any() => [KernelProblems.IdempotencyBusy.Code],
                "422" when metadata.OfType<IdempotentMetadata>().Any() => [KernelProblems.IdempotencyMismatch.Code],
                _ => [],
            };
            var codes = common.Concat(Code().Matches(response.Description ?? "").Select(m => m.Value).Where(c => All.ContainsKey(c))).Distinct().ToArray();
            if (codes.Length == 0 || status.StartsWith('2') || response is not OpenApiResponse own) { continue; }
            own.Extensions ??= new Dictionary<string, IOpenApiExtension>();
            own.Extensions["x-problem-codes"] = new JsonNodeExtension(new JsonArray([.. codes.Select(c => (JsonNode)JsonValue.Create(c))]));
        }

        return Task.CompletedTask;
    }

    /// <summary>Every problem type of the program by its code; the declarations in the modules' <c>*Problems.cs</c> are the list.</summary>
    internal static readonly IReadOnlyDictionary<string, ProblemType> All = typeof(ApiDescription).Assembly.GetTypes()
        .Where(t => t.Name.EndsWith("Problems", StringComparison.Ordinal))
        .SelectMany(t => t.GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic))
        .Where(f => f.FieldType == typeof(ProblemType)).Select(f => (ProblemType)f.GetValue(null)!)
        .OrderBy(p => p.Code, StringComparer.Ordinal).ToDictionary(p => p.Code);

    /// <summary>A schema's name: the type's, with its arguments' for a generic one; null for what the framework names itself.</summary>
    private static string? NameOf(Type type) => Nullable.GetUnderlyingType(type) is { } there ? NameOf(there) : !type.IsGenericType ? type.Name
        : type.Assembly != typeof(ApiDescription).Assembly ? type.Name
        : string.Create(CultureInfo.InvariantCulture, $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}Of{string.Concat(type.GetGenericArguments().Select(a => a.Name))}");

    [GeneratedRegex(@"\b[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\b")]
    private static partial Regex Code();
}
