"""Placeholder of the page /ask."""

from fastapi import APIRouter

router = APIRouter()
