"""XML elements that are named after the tool they call. Source: the system prompts of Cline and Roo Code."""

ELEMENTS = (
    "execute_command|read_file|write_to_file|replace_in_file|apply_diff|search_files|list_files"
    "|list_code_definition_names|browser_action|use_mcp_tool|access_mcp_resource|ask_followup_question"
    "|attempt_completion|insert_content|search_and_replace|update_todo_list"
)
"""Alternatives of a regular expression; such an element counts where it begins a line and is closed."""
