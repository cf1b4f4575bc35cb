using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.OpenData.Ckan;

/// <summary>An action of the interface.</summary>
/// <param name="Name">Lower case, as in its address.</param>
/// <param name="Reads">True when it changes nothing and may be called by GET.</param>
/// <param name="Parameters">What it reads.</param>
/// <param name="Act">Gives the result: a JSON value, null, or <see cref="CkanWritten"/>; refuses with <see cref="CkanFault"/>.</param>
internal sealed record CkanAction(string Name, bool Reads, IReadOnlyList<string> Parameters, Func<CkanCall, Task<object?>> Act)
{
    /// <summary>True when a file may come with it, in the field <c>upload</c> of a multipart form.</summary>
    internal bool TakesFile { get; init; }

    /// <summary>Key of the text that says why nobody does this here; null for what is done.</summary>
    internal string? Refusal { get; init; }
}

/// <summary>All actions: what this platform answers, and the changes it refuses by name.</summary>
internal static class CkanActions
{
    internal static readonly IReadOnlyList<CkanAction> All =
    [
        Read("package_search", PackageSearch.HandleAsync, PackageSearch.Parameters),
        Read("package_list", PackageSearch.ListAsync, "limit", "offset"),
        Read("current_package_list_with_resources", PackageSearch.CurrentAsync, "limit", "offset"),
        Read("package_show", PackageSearch.ShowAsync, "id", "use_default_schema"),
        Read("package_autocomplete", PackageSearch.AutocompleteAsync, "q", "limit"),
        Read("package_relationships_list", CkanSite.Of("id", Empty), "id"),
        Read("package_collaborator_list", CkanSite.ForbiddenAsync, "id"),
        Read("resource_show", CkanResources.ShowAsync, "id"),
        Read("resource_search", CkanResources.SearchAsync, "query", "order_by", "offset", "limit"),
        Read("resource_view_list", CkanResources.ViewsAsync, "id"),
        Read("resource_view_show", CkanSite.NothingAsync, "id"),
        Read("organization_list", CkanOrganisations.ListAsync, "all_fields", "sort", "limit", "offset", "organizations", "q", "type", "include_dataset_count", "include_extras", "include_users", "include_groups"),
        Read("organization_show", CkanOrganisations.ShowAsync, "id", "include_datasets", "include_dataset_count", "include_users", "include_groups", "include_extras", "include_followers"),
        Read("organization_autocomplete", CkanOrganisations.AutocompleteAsync, "q", "limit"),
        Read("organization_list_for_user", CkanOrganisations.OwnAsync, "id", "permission"),
        Read("group_list", CkanGroups.ListAsync, "all_fields", "sort", "limit", "offset", "groups", "q", "type", "include_dataset_count", "include_extras", "include_users", "include_groups"),
        Read("group_show", CkanGroups.ShowAsync, "id", "include_datasets", "include_dataset_count", "include_users", "include_groups", "include_extras", "include_followers"),
        Read("group_package_show", CkanGroups.PackageShowAsync, "id", "limit"),
        Read("group_autocomplete", CkanGroups.AutocompleteAsync, "q", "limit"),
        Read("group_list_authz", CkanSite.Always(Empty), "permission"),
        Read("member_list", CkanGroups.MembersAsync, "id", "object_type", "capacity"),
        Read("tag_list", CkanTags.ListAsync, "query", "q", "vocabulary_id", "all_fields"),
        Read("tag_show", CkanTags.ShowAsync, "id", "vocabulary_id", "include_datasets"),
        Read("tag_search", CkanTags.SearchAsync, "query", "vocabulary_id", "limit", "offset"),
        Read("tag_autocomplete", CkanTags.AutocompleteAsync, "query", "q", "vocabulary_id", "limit", "offset"),
        Read("vocabulary_list", CkanSite.Always(Empty)),
        Read("vocabulary_show", CkanSite.NothingAsync, "id"),
        Read("license_list", CkanSite.LicencesAsync),
        Read("format_autocomplete", CkanSite.FormatsAsync, "q", "limit"),
        Read("user_autocomplete", CkanSite.Of("q", Empty), "q", "limit"),
        Read("user_list", CkanSite.Always(Empty), "q", "all_fields"),
        Read("user_show", CkanSite.NothingAsync, "id"),
        Read("dataset_follower_count", CkanSite.Of("id", Zero), "id"),
        Read("group_follower_count", CkanSite.Of("id", Zero), "id"),
        Read("organization_follower_count", CkanSite.Of("id", Zero), "id"),
        Read("user_follower_count", CkanSite.Of("id", Zero), "id"),
        Read("followee_count", CkanSite.Of("id", Zero), "id"),
        Read("am_following_dataset", CkanSite.Of("id", False), "id"),
        Read("am_following_group", CkanSite.Of("id", False), "id"),
        Read("am_following_organization", CkanSite.Of("id", False), "id"),
        Read("am_following_user", CkanSite.Of("id", False), "id"),
        Read("api_token_list", CkanTokens.ListAsync, "user_id", "user"),
        Read("status_show", CkanSite.StatusAsync),
        Read("site_read", CkanSite.Always(() => JsonValue.Create(true))),
        Read("help_show", CkanSite.HelpAsync, "name"),
        Read("datastore_search", DatastoreSearch.HandleAsync, DatastoreSearch.Parameters),
        Read("datastore_search_sql", DatastoreSearchSql.HandleAsync, "sql"),
        Read("datastore_info", DatastoreInfo.HandleAsync, "id", "resource_id", "include_meta", "include_fields_schema"),
        Write("package_create", CkanPackageWrites.CreateAsync, CkanPackageWrites.Parameters),
        Write("package_update", CkanPackageWrites.UpdateAsync, ["id", .. CkanPackageWrites.Parameters]),
        Write("package_patch", CkanPackageWrites.PatchAsync, ["id", .. CkanPackageWrites.Parameters]),
        Write("package_delete", CkanPackageWrites.DeleteAsync, "id"),
        Write("dataset_purge", CkanPackageWrites.DeleteAsync, "id"),
        Write("package_resource_reorder", CkanPackageWrites.ReorderAsync, "id", "order"),
        Write("resource_create", CkanResourceWrites.CreateAsync, "package_id", "upload", "name", "description", "format") with { TakesFile = true },
        Write("resource_update", CkanResourceWrites.UpdateAsync, "id", "upload", "name", "description", "format") with { TakesFile = true },
        Write("resource_patch", CkanResourceWrites.PatchAsync, "id", "upload", "name", "description", "format") with { TakesFile = true },
        Write("resource_delete", CkanResourceWrites.DeleteAsync, "id"),
        Write("datastore_create", DatastoreWrites.CreateAsync, "resource_id", "resource", "fields", "records", "primary_key", "indexes", "delete_fields", "force", "include_records", "calculate_record_count"),
        Write("datastore_upsert", DatastoreWrites.UpsertAsync, "resource_id", "records", "method", "force", "dry_run", "include_records", "calculate_record_count"),
        Write("datastore_delete", DatastoreWrites.DeleteAsync, "resource_id", "filters", "force", "include_deleted_records", "calculate_record_count"),
        Write("datastore_records_delete", DatastoreWrites.DeleteRecordsAsync, "resource_id", "filters", "force", "include_deleted_records", "calculate_record_count"),
        new("api_token_create", Reads: false, ["user", "name"], CkanTokens.CreateAsync),
        new("api_token_revoke", Reads: false, ["jti", "token"], CkanTokens.RevokeAsync),
        .. Refused("departments-elsewhere", "organization_create", "organization_update", "organization_patch", "organization_delete", "organization_purge", "organization_member_create", "organization_member_delete"),
        .. Refused("themes-fixed", "group_create", "group_update", "group_patch", "group_delete", "group_purge", "group_member_create", "group_member_delete", "member_create", "member_delete"),
        .. Refused("publish-here", "package_revise", "package_owner_org_update", "package_relationship_create", "package_relationship_update", "package_relationship_delete", "package_collaborator_create",
            "package_collaborator_delete", "resource_view_create", "resource_view_update", "resource_view_delete", "resource_view_reorder", "resource_create_default_resource_views",
            "bulk_update_public", "bulk_update_private", "bulk_update_delete", "follow_dataset", "follow_group", "follow_user", "unfollow_dataset", "unfollow_group", "unfollow_user",
            "tag_create", "tag_delete", "vocabulary_create", "vocabulary_update", "vocabulary_delete", "user_create", "user_update", "user_patch", "user_delete", "user_invite",
            "datastore_run_triggers", "datastore_function_create", "datastore_function_delete"),
    ];

    private static readonly FrozenDictionary<string, CkanAction> ByName = All.ToFrozenDictionary(a => a.Name);

    /// <summary>The action of that name, or null.</summary>
    internal static CkanAction? Find(string name) => ByName.GetValueOrDefault(name);

    private static CkanAction Read(string name, Func<CkanCall, Task<object?>> act, params string[] parameters) => new(name, Reads: true, parameters, act);

    /// <summary>A change, for officers who prepare datasets and bring their token.</summary>
    private static CkanAction Write(string name, Func<CkanCall, Task<object?>> act, params string[] parameters) =>
        new(name, Reads: false, parameters, call => call.Actor.May(Right.OpenData) ? act(call) : throw CkanSite.Elsewhere(call, "publish-here"));

    private static IEnumerable<CkanAction> Refused(string text, params string[] names) =>
        names.Select(name => new CkanAction(name, Reads: false, [], call => throw CkanSite.Elsewhere(call, text)) { Refusal = text });

    private static JsonArray Empty() => [];

    private static JsonValue Zero() => JsonValue.Create(0);

    private static JsonValue False() => JsonValue.Create(false);
}
